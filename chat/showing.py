"""The answer of a turn as a person reads it: what the endpoint told, and what the application's own trace adds."""

from __future__ import annotations

from typing import Any

from chat.linking import own_trace_of
from chat.models import Turn
from chat.turn_spans import BROKEN, error_of, root_span_id_of, span_id_of
from traces.dialects.spans import Document, Part
from traces.models import Trace
from traces.reading import conversation_of
from traces.reading.conversation import Message, Step
from traces.reading.wording import in_words


def answer_of(turn: Turn) -> Message:
    """Return the answer so far, with its steps and sources.

    Queries: none for a turn that only we recorded; else those of `conversation_of`, and 1 where its trace is another.
    """
    parts = [Part("reasoning", text=turn.reasoning), Part("text", text=turn.text), Part("refusal", text=turn.refusal)]
    answer = Message(
        "assistant",
        [part for part in parts if part.text],
        at=turn.ended_at,
        sources=[source_of(each) for each in turn.sources],
        sources_span_id=span_id_of(turn, "sources"),
        steps=[step_of(each, span_id_of(turn, f"step/{place}")) for place, each in enumerate(turn.steps)],
        error=error_of(turn) if turn.state in BROKEN else "",
        duration_s=turn.duration_s,
        span_id=root_span_id_of(turn),
    )
    if (trace := trace_that_tells(turn)) is not None:
        enrich(answer, trace)
    return answer


def trace_that_tells(turn: Turn) -> Trace | None:
    """Return the trace that knows more of the turn than its row does."""
    return turn.trace if turn.link == Turn.Link.JOINED else own_trace_of(turn)


def trace_id_shown(turn: Turn) -> str:
    """Return the id of the trace that the spans of `answer_of` stand in, for templates that link to them."""
    return turn.own_trace_id if turn.link == Turn.Link.FOUND else turn.trace_id or ""


def enrich(answer: Message, trace: Trace) -> None:
    """Take the steps and sources that the application itself recorded, where it did: with times, and whole."""
    told = next((each for each in reversed(conversation_of(trace).exchange) if each.role == "assistant"), None)
    if told is None:
        return
    answer.steps = told.steps or answer.steps
    if told.sources:
        answer.sources, answer.sources_span_id = told.sources, told.sources_span_id


def source_of(source: dict[str, Any]) -> Document:
    return Document(
        text=str(source.get("text") or ""),
        title=str(source.get("title") or ""),
        url=str(source.get("url") or ""),
        doc_id=str(source.get("doc_id") or ""),
        score=source.get("score"),
    )


def step_of(step: dict[str, Any], span_id: str) -> Step:
    started, ended = step.get("started_ms"), step.get("ended_ms")
    return Step(
        in_words(str(step.get("name") or "")),
        arguments=step.get("arguments"),
        result=step.get("output"),
        error=str(step.get("error") or ""),
        duration_s=None if started is None or ended is None else max(0, ended - started) / 1000,
        span_id=span_id,
        call_id=str(step.get("call_id") or ""),
        done="output" in step,
    )
