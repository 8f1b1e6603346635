"""From a trace's spans to the conversation that a person reads.

Which spans matter: the outermost one that says something (what was asked, what came out), the model
call that gave the answer (its messages hold the history), RETRIEVERs (sources) and TOOLs (steps).
Everything else repeats them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.core.cache import cache
from django.utils.translation import get_language

from traces.dialects.spans import Part
from traces.models import Span, Trace
from traces.reading.conversation import Conversation, Message
from traces.reading.exchange import (
    answered,
    asked,
    is_call,
    main_call,
    outermost,
    settle_answer,
    settle_question,
    speaking_calls,
    values_only,
)
from traces.reading.gathering import Node, firsthand, gather
from traces.reading.history import extend, system_text
from traces.reading.recorded import recorded
from traces.reading.sources import documents_of
from traces.reading.steps import bare_steps, complete_steps
from traces.reading.wording import decoded, is_empty

CACHE_S = 60 * 60


def conversation_of(trace: Trace) -> Conversation:
    """Read the trace; kept in the cache until the trace is revised. Only its id and `revised_at` are used.

    Queries: none when it is in the cache, 1 when not.
    """
    revised_at = trace.revised_at.isoformat() if trace.revised_at else "never"
    key = f"conversation:{trace.pk}:{revised_at}:{get_language()}"
    conversation: Conversation | None = cache.get(key)
    if conversation is None:
        conversation = build(*recorded(trace.pk))
        conversation.key = key
        cache.set(key, conversation, CACHE_S)
    return conversation


def build(trace: Trace, spans: Iterable[Span]) -> Conversation:
    roots = gather(spans)
    nodes = firsthand(roots)
    conversation = Conversation(
        trace_id=trace.pk,
        problems=[node.problem for node in nodes if node.problem],
        started_at=trace.request_time,
        duration_s=trace.duration_s,
    )
    tell(conversation, roots, nodes)
    return conversation


def tell(conversation: Conversation, roots: list[Node], nodes: list[Node]) -> None:
    calls = speaking_calls(nodes)
    asking, answering = outermost(roots, calls, of="inputs"), outermost(roots, calls, of="outputs")
    main = main_call(calls, answered(answering))
    told: list[Message] = []
    if main is not None:
        conversation.system, conversation.system_span_id = system_text(main.reading.messages), main.span.span_id
        extend(told, main.reading.messages, span_id=main.span.span_id, field="inputs")
        extend(told, main.reading.answer, span_id=main.span.span_id, field="outputs")
    begin, prompts = settle_question(told, asking, next(iter(calls), None))
    tell_values(told, begin, asking)
    answer = last_answer(told, answering, main)
    answer.sources, answer.sources_span_id = documents_of(nodes)
    answer.sources = answer.sources or prompts
    complete_steps(answer, nodes, calls, main)
    answer.error = error_of(nodes, answering, main, answer)
    conversation.earlier, conversation.exchange = told[:begin], told[begin:]
    if main is None and not any(message.text for message in told):
        conversation.is_side = True
        conversation.words_missing = any(is_call(node) for node in nodes)
        answer.steps = answer.steps or bare_steps(nodes)
    tell_times(conversation, answer)


def tell_values(told: list[Message], begin: int, asking: Node | None) -> None:
    """Show the values that a program was called with where they are not, or not only, a question."""
    if asking is None:
        return
    users = [message for message in told[begin:] if message.role == "user"]
    if values_only(asking.reading.inputs) and not asked(asking) and users:
        users[0].parts.insert(0, Part("data", data=decoded(asking.reading.inputs)))
    elif not users:
        parts = [Part("data", data=decoded(asking.reading.inputs))]
        told.insert(begin, Message("user", parts, span_id=asking.span.span_id, anchor_field="inputs"))


def last_answer(told: list[Message], answering: Node | None, main: Node | None) -> Message:
    if not told or told[-1].role != "assistant":
        told.append(Message("assistant", []))
    answer = told[-1]
    settle_answer(answer, answering)
    if not answer.parts and main is None and answering is not None and not is_empty(answering.reading.outputs):
        answer.parts = [Part("data", data=decoded(answering.reading.outputs))]
        answer.span_id = answering.span.span_id
    answer.parts = [unfolded(part) for part in answer.parts]
    return answer


def unfolded(part: Part) -> Part:
    """An answer that is data stays text for those who correct it, and is drawn as an outline."""
    value = decoded(part.text) if part.kind == "text" else None
    return Part("data", text=part.text, data=value) if isinstance(value, dict | list) else part


def error_of(nodes: list[Node], answering: Node | None, main: Node | None, answer: Message) -> str:
    """What went wrong with the answer: not with a step that the application got over."""
    for node in (main, answering):
        if node is not None and node.reading.error:
            return node.reading.error
    if answer.text:
        return ""
    failed = [node for node in nodes if node.reading.error and node.kind != "TOOL"]
    calls = [node for node in failed if is_call(node)]
    return next((node.reading.error for node in reversed(calls or failed)), "")


def tell_times(conversation: Conversation, answer: Message) -> None:
    answer.duration_s = conversation.duration_s
    for message in conversation.exchange:
        if message.role == "user":
            message.at = conversation.started_at
    if conversation.started_at and conversation.duration_s is not None:
        answer.at = conversation.started_at + timedelta(seconds=conversation.duration_s)
