"""What a dialect reads from, and what it says: MLflow's vocabulary, independent of who sent the span."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Json = Any  # decoded JSON; str, numbers, lists and dicts of it

MASKED = "reviewapp.masked"  # attribute: how much was masked in a span, by the rules' names
ONLY_LOGGED = "reviewapp.only_logged"  # attribute of a span of which only log records came

Event = dict[str, Any]  # {name, time_unix_nano, attributes}; of a log record also its body

Role = Literal["system", "user", "assistant", "tool"]
PartKind = Literal["text", "reasoning", "refusal", "image", "audio", "file", "tool_call", "tool_result", "data"]


class SpanLike(Protocol):
    """What a dialect may look at: `traces.models.Span`, or a span that is just arriving."""

    span_id: str
    parent_id: str
    name: str
    scope: str
    start_time_ns: int
    end_time_ns: int | None
    status: str  # UNSET, OK, ERROR
    status_message: str
    attributes: dict[str, Any]
    events: list[Event]
    logs: list[Event] | None  # the log records that belong to the span; none came: None


def events_of(span: SpanLike) -> list[Event]:
    """Return a span's events and the log records that belong to it."""
    return [*span.events, *span.logs] if span.logs else span.events


@dataclass(slots=True)
class Part:
    """A piece of a message.

    text       markdown, of kinds text, reasoning, refusal; a tool_result's text
    data       a decoded value with no better form (kind data), arguments (tool_call), result (tool_result)
    url        data: URI, https: address or mlflow-attachment: address (image, audio, file)
    mime_type  of what is behind url
    tool_name, call_id   of tool_call and tool_result; is_error for a tool_result that failed
    """

    kind: PartKind
    text: str = ""
    data: Json = None
    url: str = ""
    mime_type: str = ""
    tool_name: str = ""
    call_id: str = ""
    is_error: bool = False


@dataclass(slots=True)
class ChatMessage:
    role: Role
    parts: list[Part]
    name: str = ""  # of the agent or speaker, where the application names one


@dataclass(slots=True)
class Document:
    """A passage that was retrieved; `score` is the application's, and not comparable between applications."""

    text: str
    title: str = ""
    url: str = ""
    doc_id: str = ""
    score: float | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class SpanReading:
    """One span in MLflow's vocabulary. What the span does not tell stays empty.

    inputs, outputs   decoded values, as MLflow's span inputs and outputs
    messages          what went into a chat model or agent, system messages included, oldest first
    answer            the message(s) that came out of it, reasoning and tool calls included
    documents         of a RETRIEVER (or RERANKER)
    tool_name, tool_arguments, tool_result   of a TOOL
    error             in words, from status, exception event or failed result; empty when it went well
    usage             input_tokens, output_tokens, total_tokens
    details           of a span that nobody knows: its attributes, shown where there is no conversation
    """

    span_type: str = "UNKNOWN"
    inputs: Json = None
    outputs: Json = None
    messages: list[ChatMessage] = field(default_factory=list)
    answer: list[ChatMessage] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    tool_name: str = ""
    tool_arguments: Json = None
    tool_result: Json = None
    error: str = ""
    model: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    session_id: str = ""
    user_id: str = ""
    response_id: str = ""  # the vendor's: two spans of one call have the same
    dialect: str = ""
    details: Json = None
