"""Spans of the Vercel AI SDK (`ai.*`): 3 to 5 by themselves, 7 with its legacy telemetry.

An outer span (`ai.generateText`) holds the whole turn, inner ones (`….doGenerate`) a model call each.
"""

from __future__ import annotations

from typing import Any

from traces.dialects.blocks import part_of
from traces.dialects.decoding import as_list, decoded, text_of
from traces.dialects.spans import ChatMessage, Part, SpanLike, SpanReading
from traces.dialects.tables import SESSION_NAMES, USER_NAMES, Table, content, first, header_by, named, read_by

name = "vercel"

TABLE = Table(
    name,
    kinds=("ai.operationId",),
    types={
        "ai.generateText": "CHAIN",
        "ai.generateText.doGenerate": "CHAT_MODEL",
        "ai.streamText": "CHAIN",
        "ai.streamText.doStream": "CHAT_MODEL",
        "ai.generateObject": "CHAIN",
        "ai.generateObject.doGenerate": "CHAT_MODEL",
        "ai.streamObject": "CHAIN",
        "ai.streamObject.doStream": "CHAT_MODEL",
        "ai.toolCall": "TOOL",
        "ai.embed": "EMBEDDING",
        "ai.embed.doEmbed": "EMBEDDING",
        "ai.embedMany": "EMBEDDING",
        "ai.embedMany.doEmbed": "EMBEDDING",
        "ai.rerank": "RERANKER",
        "ai.rerank.doRerank": "RERANKER",
    },
    inputs=("ai.prompt.messages", "ai.prompt", "ai.toolCall.args", "ai.value", "ai.values"),
    outputs=("ai.response.text", "ai.result.text", "ai.response.object", "ai.result.object", "ai.toolCall.result"),
    model=("gen_ai.response.model", "ai.response.model", "ai.model.id", "gen_ai.request.model"),
    usage={
        "input_tokens": ("ai.usage.inputTokens", "ai.usage.promptTokens", "gen_ai.usage.input_tokens"),
        "output_tokens": ("ai.usage.outputTokens", "ai.usage.completionTokens", "gen_ai.usage.output_tokens"),
        "total_tokens": ("ai.usage.totalTokens",),
    },
    session=named("ai.telemetry.metadata.", SESSION_NAMES) + named("ai.settings.context.", SESSION_NAMES),
    user=named("ai.telemetry.metadata.", USER_NAMES) + named("ai.settings.context.", USER_NAMES),
    tool=("ai.toolCall.name",),
)
REASONING = ("ai.response.reasoning", "ai.response.reasoningText")
CALLS = ("ai.response.toolCalls", "ai.result.toolCalls")
OBJECTS = ("ai.response.object", "ai.result.object")


def recognises(attributes: dict[str, Any]) -> bool:
    return "ai.operationId" in attributes


def header(span: SpanLike) -> SpanReading:
    return header_by(TABLE, span)


def read(span: SpanLike) -> SpanReading:
    reading = read_by(TABLE, span, header(span))
    if reading.span_type in {"CHAIN", "CHAT_MODEL"}:
        if reading.outputs == "":  # no text: a call or an object was the answer
            reading.outputs = content(span.attributes, OBJECTS)
        reading.answer = _answer(span.attributes, is_call=reading.span_type == "CHAT_MODEL")
    return reading


def _answer(attributes: dict[str, Any], *, is_call: bool) -> list[ChatMessage]:
    """Return reasoning, text or object, and the calls of this step; the outer span lists those of all steps."""
    parts = [Part("reasoning", text=_reasoning(attributes))]
    parts.append(Part("text", text=first(attributes, ("ai.response.text", "ai.result.text", *OBJECTS))))
    parts = [part for part in parts if part.text]
    calls = as_list(content(attributes, CALLS)) if is_call else []
    parts += [part_of({**call, "type": "tool-call"}) for call in calls if isinstance(call, dict)]
    return [ChatMessage("assistant", parts)] if parts else []


def _reasoning(attributes: dict[str, Any]) -> str:
    value = decoded(first(attributes, REASONING))
    if isinstance(value, list):
        return "\n\n".join(text_of(each.get("text")) for each in value if isinstance(each, dict))
    return text_of(value)
