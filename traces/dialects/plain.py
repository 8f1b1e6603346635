"""Any other span: what went in and came out, where an attribute of a known name tells.

Enough to read a trace of an instrumentation that has no module of its own yet.
"""

from __future__ import annotations

from typing import Any

from traces.dialects.decoding import decoded, text_of
from traces.dialects.exchanges import answers_in, documents_in, messages_in, read_tool
from traces.dialects.failures import error_of
from traces.dialects.spans import Json, SpanLike, SpanReading

name = "plain"

# Each in order of precedence.
KINDS = ("traceloop.span.kind", "langfuse.observation.type", "langsmith.span.kind", "ai.operationId")
TYPES = {
    "agent": "AGENT",
    "chain": "CHAIN",
    "embedding": "EMBEDDING",
    "evaluator": "EVALUATOR",
    "generation": "LLM",
    "guardrail": "GUARDRAIL",
    "llm": "LLM",
    "retriever": "RETRIEVER",
    "task": "TASK",
    "tool": "TOOL",
    "workflow": "WORKFLOW",
    "ai.generateText": "CHAIN",
    "ai.generateText.doGenerate": "LLM",
    "ai.streamText": "CHAIN",
    "ai.streamText.doStream": "LLM",
    "ai.generateObject": "CHAIN",
    "ai.generateObject.doGenerate": "LLM",
    "ai.toolCall": "TOOL",
    "ai.embed": "EMBEDDING",
}
INPUTS = (
    "input.value", "traceloop.entity.input", "langfuse.observation.input", "gen_ai.prompt", "ai.prompt.messages",
    "ai.prompt", "ai.toolCall.args", "input",
)  # fmt: skip
OUTPUTS = (
    "output.value", "traceloop.entity.output", "langfuse.observation.output", "gen_ai.completion", "ai.response.text",
    "ai.response.object", "ai.toolCall.result", "output",
)  # fmt: skip
TOOLS = ("gen_ai.tool.name", "ai.toolCall.name", "traceloop.entity.name")
MODELS = ("gen_ai.response.model", "gen_ai.request.model", "ai.model.id", "langfuse.observation.model.name")
SESSION = (
    "session.id", "gen_ai.conversation.id", "traceloop.association.properties.session_id",
    "langsmith.metadata.session_id", "langsmith.metadata.thread_id", "ai.telemetry.metadata.sessionId",
    "ai.settings.context.sessionId",
)  # fmt: skip
USER = (
    "user.id", "enduser.id", "traceloop.association.properties.user_id", "langsmith.metadata.user_id",
    "ai.telemetry.metadata.userId", "ai.settings.context.userId",
)  # fmt: skip


def recognises(attributes: dict[str, Any]) -> bool:
    return True


def header(span: SpanLike) -> SpanReading:
    attributes = span.attributes
    return SpanReading(
        span_type=TYPES.get(_first(attributes, KINDS), "UNKNOWN"),
        model=_first(attributes, MODELS),
        session_id=_first(attributes, SESSION),
        user_id=_first(attributes, USER),
        dialect=name,
    )


def read(span: SpanLike) -> SpanReading:
    reading = header(span)
    reading.inputs = _content(span.attributes, INPUTS)
    reading.outputs = _content(span.attributes, OUTPUTS)
    reading.error = error_of(span)
    if reading.span_type == "TOOL":
        read_tool(reading, _first(span.attributes, TOOLS) or span.name)
    elif reading.span_type == "RETRIEVER":
        reading.documents = documents_in(reading.outputs)
    elif reading.span_type != "EMBEDDING":
        reading.messages = messages_in(reading.inputs)
        reading.answer = answers_in(reading.outputs)
    return reading


def _first(attributes: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((text_of(attributes[key]) for key in keys if attributes.get(key)), "")


def _content(attributes: dict[str, Any], keys: tuple[str, ...]) -> Json:
    return next((decoded(attributes[key]) for key in keys if key in attributes), None)
