"""Spans of OpenLLMetry (Traceloop): decorated functions, LangChain, and what surrounds the model calls.

The model calls themselves follow the GenAI conventions, and are read as those; what they say of
session and user is under Traceloop's names.
"""

from __future__ import annotations

from typing import Any

from traces.dialects import genai
from traces.dialects.decoding import literal
from traces.dialects.exchanges import unwrapped_output
from traces.dialects.failures import error_of
from traces.dialects.spans import Json, SpanLike, SpanReading
from traces.dialects.tables import SESSION_NAMES, USER_NAMES, Table, content, first, header_by, named, settle

name = "openllmetry"

PROPERTIES = "traceloop.association.properties."
TABLE = Table(
    name,
    kinds=("traceloop.span.kind",),
    types={"workflow": "CHAIN", "task": "CHAIN", "agent": "AGENT", "tool": "TOOL", "unknown": "CHAIN"},
    inputs=("traceloop.entity.input",),
    outputs=("traceloop.entity.output",),
    session=named(PROPERTIES, SESSION_NAMES) + ("gen_ai.conversation.id", "session.id"),
    user=named(PROPERTIES, USER_NAMES) + ("user.id",),
    tool=("gen_ai.tool.name", "traceloop.entity.name"),
)
# What a GenAI operation is, where it says more than the kind does: a task may be a retriever.
TELLING = frozenset({"RETRIEVER", "EMBEDDING", "TOOL", "CHAT_MODEL", "LLM"})
SIGNS = frozenset({
    "traceloop.span.kind", "traceloop.entity.input", "traceloop.entity.output", "traceloop.workflow.name",
    *named(PROPERTIES, (*SESSION_NAMES, *USER_NAMES)),
})  # fmt: skip


def recognises(attributes: dict[str, Any]) -> bool:
    return not SIGNS.isdisjoint(attributes)


def header(span: SpanLike) -> SpanReading:
    reading = genai.header(span)
    own = header_by(TABLE, span)
    reading.span_type = _type(span.attributes, own.span_type, reading.span_type)
    reading.session_id, reading.user_id, reading.dialect = own.session_id, own.user_id, name
    return reading


def _type(attributes: dict[str, Any], own: str, by_operation: str) -> str:
    """Return the type; the SDK marks every span of a workflow as its own, those of the network too."""
    if not genai.recognises(attributes):
        return own
    is_told = by_operation in TELLING and not genai.KIND_NAMES.isdisjoint(attributes)
    return by_operation if is_told or own == "UNKNOWN" else own


def read(span: SpanLike) -> SpanReading:
    inputs, outputs = content(span.attributes, TABLE.inputs), content(span.attributes, TABLE.outputs)
    if inputs is None and outputs is None:
        reading, own = genai.read(span), header(span)
        reading.span_type, reading.session_id, reading.user_id = own.span_type, own.session_id, own.user_id
        reading.dialect = name
        return reading
    reading = header(span)
    reading.error = error_of(span)
    reading.inputs, reading.outputs = called_with(inputs), unwrapped_output(outputs)
    settle(reading, first(span.attributes, TABLE.tool) or span.name)
    return reading


def called_with(inputs: Json) -> Json:
    """Return what a function was called with, without the wrapping of the decorator or of LangChain."""
    if not isinstance(inputs, dict):
        return inputs
    if inputs.keys() == {"args", "kwargs"}:
        args, kwargs = inputs["args"], inputs["kwargs"]
        return kwargs if not args else args[0] if not kwargs and len(args) == 1 else inputs
    if "input_str" in inputs:  # a tool of LangChain: its arguments, as JSON or as Python writes them
        return literal(inputs.get("inputs") or inputs["input_str"])
    return inputs.get("inputs", inputs) if inputs.keys() & {"tags", "metadata"} else inputs
