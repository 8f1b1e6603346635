"""What most dialects are: a table of the attributes that hold each thing, and how such a table is read.

Every entry names attributes in order of precedence: the first that says something counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from traces.dialects.decoding import as_dict, decoded, text_of, whole_number
from traces.dialects.exchanges import answers_in, documents_in, messages_in, read_tool
from traces.dialects.failures import error_of
from traces.dialects.spans import Json, SpanLike, SpanReading

Names = tuple[str, ...]

# Applications choose these names freely where an instrumentation passes their metadata on.
SESSION_NAMES = (
    "session_id", "sessionId", "session.id", "thread_id", "threadId", "conversation_id", "conversationId", "chat_id",
    "chatId",
)  # fmt: skip
USER_NAMES = ("user_id", "userId", "user.id")
# Tokens inside an object, in every vendor's spelling.
COUNTS: Mapping[str, Names] = {
    "input_tokens": ("input_tokens", "prompt_tokens", "inputTokens", "promptTokens", "input"),
    "output_tokens": ("output_tokens", "completion_tokens", "outputTokens", "completionTokens", "output"),
    "total_tokens": ("total_tokens", "totalTokens", "total"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """Where an instrumentation writes what."""

    name: str
    kinds: Names  # attributes that say what a span is
    types: Mapping[str, str]  # … and MLflow's word for each of their values
    inputs: Names = ()
    outputs: Names = ()
    model: Names = ()
    usage: Mapping[str, Names] = field(default_factory=dict)
    session: Names = ()
    user: Names = ()
    tool: Names = ()


def named(prefix: str, names: Iterable[str]) -> Names:
    return tuple(prefix + name for name in names)


def header_by(table: Table, span: SpanLike) -> SpanReading:
    attributes = span.attributes
    return SpanReading(
        span_type=table.types.get(first(attributes, table.kinds), "UNKNOWN"),
        model=first(attributes, table.model),
        usage=usage_by(attributes, table.usage),
        session_id=first(attributes, table.session),
        user_id=first(attributes, table.user),
        dialect=table.name,
    )


def read_by(table: Table, span: SpanLike, header: SpanReading) -> SpanReading:
    """Fill in the rest of a reading of which the header is read."""
    header.inputs = content(span.attributes, table.inputs)
    header.outputs = content(span.attributes, table.outputs)
    header.error = error_of(span)
    settle(header, first(span.attributes, table.tool) or span.name)
    return header


def settle(reading: SpanReading, tool_name: str) -> None:
    """Read inputs and outputs as what they are for a span of this type."""
    match reading.span_type:
        case "TOOL":
            read_tool(reading, tool_name)
        case "RETRIEVER" | "RERANKER":
            reading.documents = documents_in(reading.outputs)
        case "EMBEDDING":
            pass
        case _:
            reading.messages = messages_in(reading.inputs)
            reading.answer = answers_in(reading.outputs)


def first(attributes: Mapping[str, Any], names: Names) -> str:
    return next((text_of(attributes[name]) for name in names if attributes.get(name)), "")


def content(attributes: Mapping[str, Any], names: Names) -> Json:
    return next((decoded(attributes[name]) for name in names if name in attributes), None)


def usage_by(attributes: Mapping[str, Any], names: Mapping[str, Names]) -> dict[str, int]:
    """Return the tokens; each in its first spelling only, and their total where none is told."""
    counts = {
        key: next((count for name in each if (count := whole_number(attributes.get(name))) is not None), None)
        for key, each in names.items()
    }
    usage = {key: count for key, count in counts.items() if count is not None}
    if usage and "total_tokens" not in usage:
        usage["total_tokens"] = sum(usage.values())
    return usage


def usage_in(value: Json) -> dict[str, int]:
    """Return the tokens that an object of any vendor counts."""
    return usage_by(as_dict(value), COUNTS)
