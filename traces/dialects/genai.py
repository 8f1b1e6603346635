"""Spans after OpenTelemetry's GenAI semantic conventions, content in span attributes or span events.

The older flavour keeps content in log records; without them a span tells its type, model and tokens.
"""

from __future__ import annotations

from typing import Any

from traces.dialects.blocks import parts_of, unwrapped
from traces.dialects.decoding import decoded, text_of, whole_number
from traces.dialects.exchanges import documents_in
from traces.dialects.failures import error_of
from traces.dialects.messages import messages_of
from traces.dialects.spans import ChatMessage, Json, SpanLike, SpanReading

name = "genai"

OPERATION = "gen_ai.operation.name"
TYPES = {
    "chat": "CHAT_MODEL",
    "generate_content": "CHAT_MODEL",
    "text_completion": "LLM",
    "embeddings": "EMBEDDING",
    "execute_tool": "TOOL",
    "invoke_agent": "AGENT",
    "create_agent": "AGENT",
    "invoke_workflow": "CHAIN",
    "retrieval": "RETRIEVER",
}
USAGE = {"input_tokens": "gen_ai.usage.input_tokens", "output_tokens": "gen_ai.usage.output_tokens"}
MODEL = ("gen_ai.response.model", "gen_ai.request.model")
SESSION = ("gen_ai.conversation.id", "session.id")
USER = ("user.id", "enduser.id")
LANGSMITH = "langsmith.span.kind"  # its spans carry the operation too, and a wrong one for retrievers


def recognises(attributes: dict[str, Any]) -> bool:
    return OPERATION in attributes and LANGSMITH not in attributes


def header(span: SpanLike) -> SpanReading:
    attributes = span.attributes
    counts = {key: whole_number(attributes.get(source)) for key, source in USAGE.items()}
    usage = {key: count for key, count in counts.items() if count is not None}
    if usage:
        usage["total_tokens"] = sum(usage.values())
    return SpanReading(
        span_type=TYPES.get(text_of(attributes.get(OPERATION)), "UNKNOWN"),
        model=next((text_of(attributes[key]) for key in MODEL if attributes.get(key)), ""),
        usage=usage,
        session_id=next((text_of(attributes[key]) for key in SESSION if attributes.get(key)), ""),
        user_id=next((text_of(attributes[key]) for key in USER if attributes.get(key)), ""),
        dialect=name,
    )


def read(span: SpanLike) -> SpanReading:
    attributes = span.attributes
    reading = header(span)
    reading.error = error_of(span)
    if reading.span_type == "TOOL":
        reading.tool_name = text_of(attributes.get("gen_ai.tool.name")) or span.name
        reading.inputs = reading.tool_arguments = _content(span, "gen_ai.tool.call.arguments")
        reading.outputs = reading.tool_result = unwrapped(_content(span, "gen_ai.tool.call.result"))
        return reading
    reading.inputs = _content(span, "gen_ai.input.messages")
    reading.outputs = _content(span, "gen_ai.output.messages")
    if reading.span_type == "RETRIEVER":
        reading.inputs = _content(span, "gen_ai.retrieval.query.text")
    reading.documents = documents_in(_content(span, "gen_ai.retrieval.documents"))
    reading.messages = _system(span) + messages_of(reading.inputs)
    reading.answer = messages_of(reading.outputs)
    return reading


def _content(span: SpanLike, key: str) -> Json:
    """Return a value of the span, else of its latest event that has it: some exporters put content there."""
    for attributes in (span.attributes, *(event.get("attributes") or {} for event in reversed(span.events))):
        if key in attributes:
            return decoded(attributes[key])
    return None


def _system(span: SpanLike) -> list[ChatMessage]:
    """Return the instructions: they stand apart, as a list of parts, where they are not a system message."""
    parts = parts_of(_content(span, "gen_ai.system_instructions"))
    return [ChatMessage("system", parts)] if parts else []
