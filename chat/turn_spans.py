"""A turn as spans: what was asked, what the expert saw of the answer, and how it ended. Nothing here writes.

The root is written as an OpenAI chat completion in MLflow's attributes, which every reader of traces knows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from chat.models import Turn
from chat.wording import words_for
from traces.ingest.incoming import IncomingSpan, TooDeep, clean_json, clean_text
from traces.reading.gathering import REPORTED

SCOPE = "reviewapp.chat"
TAG = "mlflow.traceTag.reviewapp."
# What the expert saw was not whole.
BROKEN = frozenset({Turn.State.FAILED, Turn.State.CUT_OFF, Turn.State.INTERRUPTED})
IMAGE_OF_BEFORE = {"type": "text", "text": "[image]"}  # it stands in the trace of its own turn


def trace_id_of(turn: Turn) -> str:
    """Return the id of our record of the turn, known before there is one."""
    return f"tr-{turn.id.hex}"


def root_span_id_of(turn: Turn) -> str:
    return turn.trace_span_id or span_id_of(turn, "root")


def span_id_of(turn: Turn, place: str) -> str:
    """Return an id that is the same each time, so that recording twice makes one trace."""
    return blake2b(f"{turn.id.hex}/{place}".encode(), digest_size=8).hexdigest()


def traceparent_of(turn: Turn) -> str:
    """Return the W3C header under which the application's spans join the turn's trace."""
    return f"00-{turn.id.hex}-{root_span_id_of(turn)}-01"


def spans_of(turn: Turn, before: Sequence[Turn] = (), *, trace_id: str = "") -> list[IncomingSpan]:
    """Return the root and, under it, the steps and sources that the endpoint told of.

    before     the turns that the message follows, oldest first
    trace_id   where it is not `trace_id_of(turn)`
    """
    root = root_of(turn, before)
    spans = [root, *(step_of(turn, root, place, step) for place, step in enumerate(turn.steps))]
    if turn.sources:
        spans.append(sources_of(turn, root))
    for span in spans:
        span.trace_id = (trace_id or trace_id_of(turn)).removeprefix("tr-")
        span.attributes = {key: kept(value) for key, value in span.attributes.items()}
    return spans


def root_of(turn: Turn, before: Sequence[Turn]) -> IncomingSpan:
    is_broken = turn.state in BROKEN
    return IncomingSpan(
        trace_id="",
        span_id=root_span_id_of(turn),
        name="chat turn",
        scope=SCOPE,
        start_time_ns=in_ns(turn.started_at),
        end_time_ns=in_ns(max(turn.ended_at or turn.heartbeat_at, turn.started_at)),
        status="ERROR" if is_broken else "OK",
        status_message=clean_text(error_of(turn)),
        attributes=attributes_of(turn, before),
    )


def attributes_of(turn: Turn, before: Sequence[Turn]) -> dict[str, Any]:
    talk = turn.conversation
    said = {
        "mlflow.spanType": "CHAT_MODEL",
        "mlflow.spanInputs": {"messages": messages_of(turn, before)},
        "mlflow.spanOutputs": completion_of(turn),
        "mlflow.chat.tokenUsage": {key: count for key, count in turn.usage.items() if count is not None},
        "mlflow.llm.model": turn.model or talk.endpoint.model,
        "mlflow.trace.session": str(talk.pk),
        "mlflow.trace.user": talk.user.email if talk.user_id else "",
        f"{TAG}endpoint": talk.endpoint.name,
        f"{TAG}endpoint_id": str(talk.endpoint_id),
        f"{TAG}endpoint_version": turn.endpoint_version,
        f"{TAG}state": str(turn.state),
        f"{TAG}upstream_id": turn.upstream_id,
        "reviewapp.finish_reason": turn.finish_reason,
        "reviewapp.first_text_ms": turn.first_text_ms,
    }
    return {key: value for key, value in said.items() if value not in (None, "", {})}


def messages_of(turn: Turn, before: Sequence[Turn]) -> list[dict[str, Any]]:
    system = turn.conversation.endpoint.system_prompt
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    for earlier in before:
        messages.append({"role": "user", "content": content_of(earlier, [IMAGE_OF_BEFORE] * len(earlier.images))})
        if answer := earlier.text or earlier.refusal:
            messages.append({"role": "assistant", "content": answer})
    images = [{"type": "image_url", "image_url": {"url": image}} for image in turn.images]
    return [*messages, {"role": "user", "content": content_of(turn, images)}]


def content_of(turn: Turn, images: list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    return [{"type": "text", "text": turn.message}, *images] if images else turn.message


def completion_of(turn: Turn) -> dict[str, Any]:
    message = {"content": turn.text, "reasoning_content": turn.reasoning, "refusal": turn.refusal}
    if not any(message.values()):
        return {}
    spoken = {"role": "assistant", **{key: text for key, text in message.items() if text or key == "content"}}
    return {"choices": [{"index": 0, "message": spoken, "finish_reason": turn.finish_reason or None}]}


def error_of(turn: Turn) -> str:
    """Return what went wrong, in the words that the expert read, and the endpoint's own under them."""
    words = words_for(turn) if turn.state in BROKEN else None
    return "\n".join(filter(None, (words.sentence, words.detail))) if words else ""


def step_of(turn: Turn, root: IncomingSpan, place: int, step: dict[str, Any]) -> IncomingSpan:
    error = str(step.get("error") or "")
    begin = root.start_time_ns + int(step.get("started_ms") or 0) * 1_000_000
    ended_ms = step.get("ended_ms")
    end = root.end_time_ns if ended_ms is None else root.start_time_ns + int(ended_ms) * 1_000_000
    attributes = {"mlflow.spanInputs": step.get("arguments"), "mlflow.spanOutputs": step.get("output")}
    return IncomingSpan(
        trace_id="",
        span_id=span_id_of(turn, f"step/{place}"),
        parent_id=root.span_id,
        name=clean_text(str(step.get("name") or "tool")),
        scope=SCOPE,
        start_time_ns=begin,
        end_time_ns=max(begin, end or begin),
        status="ERROR" if error else "OK",
        status_message=clean_text(error),
        attributes={
            "mlflow.spanType": "TOOL",
            REPORTED: True,
            **{key: value for key, value in attributes.items() if value is not None},
        },
    )


def sources_of(turn: Turn, root: IncomingSpan) -> IncomingSpan:
    return IncomingSpan(
        trace_id="",
        span_id=span_id_of(turn, "sources"),
        parent_id=root.span_id,
        name="sources",
        scope=SCOPE,
        start_time_ns=root.start_time_ns,
        end_time_ns=root.start_time_ns,  # nobody told when
        status="OK",
        attributes={
            "mlflow.spanType": "RETRIEVER",
            REPORTED: True,
            "mlflow.spanOutputs": [document_of(source) for source in turn.sources],
        },
    )


def document_of(source: dict[str, Any]) -> dict[str, Any]:
    """Return a source as MLflow writes a retriever's document."""
    facts = {"title": source.get("title"), "doc_uri": source.get("url"), "score": source.get("score")}
    return {
        "page_content": source.get("text") or "",
        "metadata": {key: value for key, value in facts.items() if value not in (None, "")},
        "id": source.get("doc_id") or None,
    }


def kept(value: Any) -> Any:
    """Return a value as databases hold it; one that is nested too deeply as text."""
    try:
        return clean_json(value)
    except TooDeep:
        return clean_text(json.dumps(value, ensure_ascii=False))


def in_ns(moment: datetime) -> int:
    microseconds = (moment - datetime.fromtimestamp(0, tz=moment.tzinfo)) // timedelta(microseconds=1)
    return microseconds * 1000
