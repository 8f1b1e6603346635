"""Spans of Haystack's own tracer: a pipeline run, and the run of each component in it.

The class of a component tells what it is; its input and output are JSON, if content is traced.
"""

from __future__ import annotations

from typing import Any

from traces.dialects.decoding import as_dict, as_list, text_of
from traces.dialects.exchanges import answers_in, documents_in, messages_in, question_in, read_tool
from traces.dialects.failures import error_of
from traces.dialects.messages import messages_of
from traces.dialects.spans import ChatMessage, Json, Part, SpanLike, SpanReading
from traces.dialects.tables import content, usage_in

name = "haystack"

TYPE = "haystack.component.type"
# What a class is, by the end of its name, in this order.
TYPES = (
    ("ToolInvoker", "TOOL"),
    ("Agent", "AGENT"),
    ("Generator", "CHAT_MODEL"),
    ("Retriever", "RETRIEVER"),
    ("WebSearch", "RETRIEVER"),
    ("Ranker", "RERANKER"),
    ("Embedder", "EMBEDDING"),
    ("Evaluator", "EVALUATOR"),
)
INPUTS = ("haystack.component.input", "haystack.pipeline.input_data", "haystack.agent.input")
OUTPUTS = ("haystack.component.output", "haystack.pipeline.output_data", "haystack.agent.output")
SIGNS = frozenset({TYPE, "haystack.component.name", *INPUTS, *OUTPUTS})


def recognises(attributes: dict[str, Any]) -> bool:
    return not SIGNS.isdisjoint(attributes)


def header(span: SpanLike) -> SpanReading:
    reading = SpanReading(span_type=_type(span.attributes), dialect=name)
    if reading.span_type == "CHAT_MODEL":
        about = _about(content(span.attributes, OUTPUTS))
        reading.model, reading.usage = text_of(about.get("model")), usage_in(about.get("usage"))
    return reading


def read(span: SpanLike) -> SpanReading:
    reading = header(span)
    reading.inputs, reading.outputs = content(span.attributes, INPUTS), content(span.attributes, OUTPUTS)
    reading.error = error_of(span)
    if reading.span_type == "TOOL":
        read_tool(reading, text_of(span.attributes.get("haystack.component.name")) or span.name)
    elif reading.span_type in {"RETRIEVER", "RERANKER"}:
        reading.documents = documents_in(reading.outputs)
    elif reading.span_type in {"CHAT_MODEL", "AGENT"}:
        reading.messages, reading.answer = messages_in(reading.inputs), _replies(reading.outputs)
    elif TYPE not in span.attributes:
        reading.messages, reading.answer = _asked(reading.inputs), _answered(reading.outputs)
    return reading


def _type(attributes: dict[str, Any]) -> str:
    kind = text_of(attributes.get(TYPE))
    if not kind:
        return "CHAIN"
    return next((type_ for end, type_ in TYPES if kind.endswith(end)), "UNKNOWN")


def _about(outputs: Json) -> dict[str, Any]:
    """Return what a generator tells of its last reply: `meta` beside the replies, or in the message."""
    outputs = as_dict(outputs)
    replies = [as_dict(reply).get("meta") for reply in as_list(outputs.get("replies"))]
    return next((as_dict(meta) for meta in reversed([*as_list(outputs.get("meta")), *replies]) if meta), {})


def _replies(outputs: Json) -> list[ChatMessage]:
    outputs = as_dict(outputs)
    replies = as_list(outputs.get("replies"))
    if replies and isinstance(replies[-1], str):
        return [ChatMessage("assistant", [Part("text", text=replies[-1])])]
    return messages_of(replies) or answers_in(outputs)


def _asked(inputs: Json) -> list[ChatMessage]:
    """Return the question that a pipeline was run with: the one text that its components were given."""
    given = [question_in(each) for each in as_dict(inputs).values()]
    questions = list(dict.fromkeys(text for text in given if text))
    return [ChatMessage("user", [Part("text", text=questions[0])])] if questions else []


def _answered(outputs: Json) -> list[ChatMessage]:
    """Return the answer of the last component that gave one."""
    for each in reversed(as_dict(outputs).values()):
        answers = as_list(as_dict(each).get("answers"))
        if found := _replies(each) or answers_in(answers[:1]):
            return found
    return []
