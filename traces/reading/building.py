"""From a trace's spans to the conversation that a person reads.

Which spans matter: the outermost one that says something (what was asked, what came out), the model
call that gave the answer (its messages hold the history), RETRIEVERs (sources) and TOOLs (steps).
Everything else repeats them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from hashlib import blake2b

from django.core.cache import cache
from django.utils.translation import get_language

from traces.dialects.spans import Part
from traces.models import Span, Trace
from traces.reading.conversation import Conversation, Message
from traces.reading.exchange import answered, main_call, outermost, settle_answer, settle_question
from traces.reading.gathering import Node, every, gather
from traces.reading.history import extend, system_text
from traces.reading.sources import documents_of
from traces.reading.steps import complete_steps
from traces.reading.wording import decoded, is_empty

CACHE_S = 60 * 60


def conversation_of(trace: Trace) -> Conversation:
    """Read the trace; kept in the cache until a span of it arrives or changes.

    Queries: 1 when it is in the cache, 2 when not.
    """
    key = f"conversation:{trace.pk}:{digest_of(trace)}:{get_language()}"
    conversation: Conversation | None = cache.get(key)
    if conversation is None:
        conversation = build(trace, trace.spans.defer("links", "resource"))
        conversation.key = key
        cache.set(key, conversation, CACHE_S)
    return conversation


def digest_of(trace: Trace) -> str:
    rows = trace.spans.order_by("pk").values_list("pk", "end_time_ns", "status")
    return blake2b(repr([trace.state, *rows]).encode(), digest_size=12).hexdigest()


def build(trace: Trace, spans: Iterable[Span]) -> Conversation:
    roots = gather(spans)
    nodes = sorted(every(roots), key=lambda node: node.span.start_time_ns)
    conversation = Conversation(
        trace_id=trace.pk,
        problems=[node.problem for node in nodes if node.problem],
        started_at=trace.request_time,
        duration_s=trace.duration_s,
    )
    tell(conversation, roots, nodes)
    return conversation


def tell(conversation: Conversation, roots: list[Node], nodes: list[Node]) -> None:
    asking, answering = outermost(roots, of="inputs"), outermost(roots, of="outputs")
    main = main_call(nodes, answered(answering))
    told: list[Message] = []
    if main is not None:
        conversation.system, conversation.system_span_id = system_text(main.reading.messages), main.span.span_id
        extend(told, main.reading.messages, span_id=main.span.span_id, field="inputs")
        extend(told, main.reading.answer, span_id=main.span.span_id, field="outputs")
    begin, prompt = settle_question(told, asking)
    if not any(message.role == "user" for message in told) and asking is not None:
        told.insert(0, data_message("user", asking, asking.reading.inputs, "inputs"))
    answer = answer_in(told)
    settle_answer(answer, answering)
    if not answer.parts and answering is not None and main is None:
        answer.parts = data_message("assistant", answering, answering.reading.outputs, "outputs").parts
    answer.sources, answer.sources_span_id = documents_of(nodes)
    answer.sources = answer.sources or prompt
    complete_steps(answer, nodes, main)
    answer.error = error_of(nodes, main, answer)
    conversation.earlier, conversation.exchange = told[:begin], told[begin:]
    conversation.is_side = main is None and not any(message.text for message in told)
    tell_times(conversation, answer)


def answer_in(told: list[Message]) -> Message:
    if not told or told[-1].role != "assistant":
        told.append(Message("assistant", []))
    return told[-1]


def data_message(role: str, node: Node, value: object, field: str) -> Message:
    """A message of what is no text: drawn as an outline."""
    parts = [] if is_empty(value) else [Part("data", data=decoded(value))]
    return Message(role, parts, span_id=node.span.span_id, anchor_field=field)  # type: ignore[arg-type]


def error_of(nodes: list[Node], main: Node | None, answer: Message) -> str:
    """What went wrong with the answer: not with a step that the application got over."""
    outer = [node for node in nodes if node.parent is None and node.reading.error]
    if main is not None and main.reading.error:
        return main.reading.error
    failed = [n for n in nodes if n.reading.error and n.kind in {"LLM", "CHAT_MODEL"}]
    if outer or (failed and not answer.text):
        return (failed or outer)[-1].reading.error
    return ""


def tell_times(conversation: Conversation, answer: Message) -> None:
    answer.duration_s = conversation.duration_s
    for message in conversation.exchange:
        if message.role == "user":
            message.at = conversation.started_at
    if conversation.started_at and conversation.duration_s is not None:
        answer.at = conversation.started_at + timedelta(seconds=conversation.duration_s)
