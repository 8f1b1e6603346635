"""Spans of the LangSmith SDK: LangChain's objects under GenAI-like names.

Its `gen_ai.operation.name` says `embeddings` for a retriever; its own kind is right.
"""

from __future__ import annotations

from typing import Any

from traces.dialects.exchanges import unwrapped_output
from traces.dialects.spans import SpanLike, SpanReading
from traces.dialects.tables import SESSION_NAMES, USER_NAMES, Table, content, first, header_by, named, read_by, settle

name = "langsmith"

TABLE = Table(
    name,
    kinds=("langsmith.span.kind",),
    types={
        "chain": "CHAIN",
        "embedding": "EMBEDDING",
        "llm": "CHAT_MODEL",
        "parser": "PARSER",
        "prompt": "CHAIN",
        "retriever": "RETRIEVER",
        "tool": "TOOL",
    },
    inputs=("gen_ai.prompt", "gen_ai.input.messages", "input.value"),
    outputs=("gen_ai.completion", "gen_ai.output.messages", "output.value"),
    model=("gen_ai.response.model", "gen_ai.request.model", "langsmith.metadata.ls_model_name"),
    usage={
        "input_tokens": ("gen_ai.usage.input_tokens",),
        "output_tokens": ("gen_ai.usage.output_tokens",),
        "total_tokens": ("gen_ai.usage.total_tokens",),
    },
    session=named("langsmith.metadata.", SESSION_NAMES) + ("gen_ai.conversation.id", "session.id"),
    user=named("langsmith.metadata.", USER_NAMES) + ("user.id",),
    tool=("gen_ai.tool.name",),
)


def recognises(attributes: dict[str, Any]) -> bool:
    return "langsmith.span.kind" in attributes


def header(span: SpanLike) -> SpanReading:
    return header_by(TABLE, span)


def read(span: SpanLike) -> SpanReading:
    reading = header(span)
    if reading.span_type != "TOOL":
        return read_by(TABLE, span, reading)
    read_by(TABLE, span, reading)
    reading.outputs = unwrapped_output(content(span.attributes, TABLE.outputs))
    settle(reading, first(span.attributes, TABLE.tool) or span.name)
    return reading
