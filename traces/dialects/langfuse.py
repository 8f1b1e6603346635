"""Spans of the Langfuse SDK: observations, whose inputs and outputs are the vendor's own objects."""

from __future__ import annotations

from typing import Any

from traces.dialects.spans import SpanLike, SpanReading
from traces.dialects.tables import Table, first, header_by, read_by, usage_in

name = "langfuse"

TABLE = Table(
    name,
    kinds=("langfuse.observation.type",),
    types={
        "agent": "AGENT",
        "chain": "CHAIN",
        "embedding": "EMBEDDING",
        "evaluator": "EVALUATOR",
        "generation": "CHAT_MODEL",
        "guardrail": "GUARDRAIL",
        "retriever": "RETRIEVER",
        "tool": "TOOL",
    },
    inputs=("langfuse.observation.input", "langfuse.trace.input"),
    outputs=("langfuse.observation.output", "langfuse.trace.output"),
    model=("langfuse.observation.model.name",),
    session=("session.id", "langfuse.session.id"),
    user=("user.id", "langfuse.user.id"),
)
USAGE = "langfuse.observation.usage_details"
LEVEL = "langfuse.observation.level"
WHY = ("langfuse.observation.status_message",)
SIGNS = frozenset({*TABLE.kinds, *TABLE.inputs, *TABLE.outputs})


def recognises(attributes: dict[str, Any]) -> bool:
    return not SIGNS.isdisjoint(attributes)


def header(span: SpanLike) -> SpanReading:
    reading = header_by(TABLE, span)
    reading.usage = usage_in(span.attributes.get(USAGE))
    return reading


def read(span: SpanLike) -> SpanReading:
    reading = read_by(TABLE, span, header(span))
    if not reading.error and span.attributes.get(LEVEL) == "ERROR":
        reading.error = first(span.attributes, WHY) or "Failed without a message."
    return reading
