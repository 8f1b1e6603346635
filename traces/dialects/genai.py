"""Spans after OpenTelemetry's GenAI semantic conventions: many instrumentations follow them.

Where content stands, in order of precedence:

| | newest | told in events or log records | OpenLLMetry's older form |
|---|---|---|---|
| in | `gen_ai.input.messages` | `gen_ai.user.message`, … | `gen_ai.prompt.N.content` |
| out | `gen_ai.output.messages` | `gen_ai.choice` | `gen_ai.completion.N.content` |

The newest names stand on the span, or on an event or log record of it.
"""

from __future__ import annotations

from typing import Any

from traces.dialects.blocks import parts_of, unwrapped
from traces.dialects.decoding import decoded, text_of
from traces.dialects.exchanges import documents_in
from traces.dialects.failures import error_of
from traces.dialects.flattened import messages_at, unflattened
from traces.dialects.messages import messages_of
from traces.dialects.recorded import told_after, told_before, tool_told, values_told
from traces.dialects.spans import ChatMessage, Json, SpanLike, SpanReading, events_of
from traces.dialects.tables import SESSION_NAMES, USER_NAMES, first, named, usage_by

name = "genai"

OPERATION = "gen_ai.operation.name"
KINDS = (OPERATION, "llm.request.type")
KIND_NAMES = frozenset(KINDS)
TYPES = {
    "chat": "CHAT_MODEL",
    "generate_content": "CHAT_MODEL",
    "text_completion": "LLM",
    "text": "LLM",
    "completion": "LLM",
    "embeddings": "EMBEDDING",
    "embedding": "EMBEDDING",
    "rerank": "RERANKER",
    "execute_tool": "TOOL",
    "invoke_agent": "AGENT",
    "create_agent": "AGENT",
    "agent_step": "CHAIN",
    "invoke_workflow": "CHAIN",
    "execute_task": "CHAIN",
    "execute_event_loop_cycle": "CHAIN",  # Strands
    "retrieval": "RETRIEVER",
    "vector_db_retrieve": "RETRIEVER",  # OpenLLMetry
}
USAGE = {
    "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens"),
    "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens"),
}
MODEL = ("gen_ai.response.model", "gen_ai.request.model")
SESSION = ("gen_ai.conversation.id", "session.id", *named("metadata.", SESSION_NAMES))
USER = ("user.id", "enduser.id", *named("metadata.", USER_NAMES))
INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
PROMPT, COMPLETION = "gen_ai.prompt", "gen_ai.completion"
# What tells these spans from others; those of flattened content by their first message.
SIGNS = frozenset({
    *KINDS, INPUT, OUTPUT, "gen_ai.system", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model",
    "gen_ai.tool.name", f"{PROMPT}.0.role", f"{PROMPT}.0.content",
    f"{COMPLETION}.0.content",
})  # fmt: skip


def recognises(attributes: dict[str, Any]) -> bool:
    return not SIGNS.isdisjoint(attributes)


def header(span: SpanLike) -> SpanReading:
    attributes = span.attributes
    return SpanReading(
        span_type=_type(attributes),
        model=first(attributes, MODEL),
        usage=usage_by(attributes, USAGE),
        session_id=first(attributes, SESSION),
        user_id=first(attributes, USER),
        response_id=text_of(attributes.get("gen_ai.response.id")),
        dialect=name,
    )


def _type(attributes: dict[str, Any]) -> str:
    """Return the type of the operation; where none is named, only a tool or a model can be meant."""
    if operation := first(attributes, KINDS):
        # Some add to a word of the conventions: `chat.completions`, `chat.streaming_completions`.
        return TYPES.get(operation) or TYPES.get(operation.split(".")[0], "UNKNOWN")
    return "TOOL" if "gen_ai.tool.name" in attributes else "CHAT_MODEL"


def read(span: SpanLike) -> SpanReading:
    reading = header(span)
    reading.error = error_of(span)
    if reading.span_type == "TOOL":
        _read_tool(reading, span)
        return reading
    reading.inputs, reading.outputs = _content(span, INPUT), _content(span, OUTPUT)
    reading.documents = documents_in(_content(span, "gen_ai.retrieval.documents"))
    if reading.span_type == "RETRIEVER":
        reading.inputs = _content(span, "gen_ai.retrieval.query.text")
    if reading.span_type not in {"RETRIEVER", "EMBEDDING"}:
        _read_conversation(reading, span)
    return reading


def _read_conversation(reading: SpanReading, span: SpanLike) -> None:
    events, attributes = events_of(span), span.attributes
    told = values_told(events)
    before = messages_of(reading.inputs) or told_before(events) or messages_at(attributes, PROMPT, "user")
    reading.messages = _system(span) + before
    reading.answer = (
        messages_of(reading.outputs) or told_after(events) or messages_at(attributes, COMPLETION, "assistant")
    )
    if reading.inputs is None:
        reading.inputs = told[0] or unflattened(attributes, PROMPT) or None
    if reading.outputs is None:
        reading.outputs = told[1] or unflattened(attributes, COMPLETION) or None


def _read_tool(reading: SpanReading, span: SpanLike) -> None:
    arguments, result = _content(span, "gen_ai.tool.call.arguments"), _content(span, "gen_ai.tool.call.result")
    if arguments is None and result is None:
        arguments, result = tool_told(events_of(span))
    reading.tool_name = text_of(span.attributes.get("gen_ai.tool.name")) or span.name
    reading.inputs = reading.tool_arguments = arguments
    reading.outputs = reading.tool_result = unwrapped(result)
    if not reading.error and span.attributes.get("gen_ai.tool.status") == "error":
        reading.error = text_of(reading.tool_result) or "Failed without a message."


def _content(span: SpanLike, key: str) -> Json:
    """Return a value of the span, else of its latest event or log record that has it."""
    for attributes in (span.attributes, *(event.get("attributes") or {} for event in reversed(events_of(span)))):
        if key in attributes:
            return decoded(attributes[key])
    return None


def _system(span: SpanLike) -> list[ChatMessage]:
    """Return the instructions: they stand apart, as a list of parts, where they are not a system message."""
    parts = parts_of(_content(span, "gen_ai.system_instructions"))
    return [ChatMessage("system", parts)] if parts else []
