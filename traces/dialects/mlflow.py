"""Spans of the MLflow SDK.

Values are structured over OTLP and JSON strings in `trace.to_json()`; both are read. Inputs and
outputs hold the vendor's own objects.
"""

from __future__ import annotations

from typing import Any

from traces.dialects import dspy
from traces.dialects.decoding import as_dict, as_list, decoded, decoded_text, text_of, whole_number
from traces.dialects.exchanges import answers_in, documents_in, messages_in, read_tool
from traces.dialects.failures import error_of
from traces.dialects.spans import ChatMessage, Json, Part, SpanLike, SpanReading

name = "mlflow"

TYPE = "mlflow.spanType"
TRACE_ID = "mlflow.traceRequestId"
INPUTS = "mlflow.spanInputs"
OUTPUTS = "mlflow.spanOutputs"
USAGE = "mlflow.chat.tokenUsage"
MODEL = "mlflow.llm.model"
FORMAT = "mlflow.message.format"
SESSION = ("mlflow.trace.session", "session.id")  # in order of precedence; the SDK itself sends neither on spans
USER = ("mlflow.trace.user", "user.id")
CHUNK_EVENT = "mlflow.chunk.item."
CHUNK_VALUE = "mlflow.chunk.value"


def recognises(attributes: dict[str, Any]) -> bool:
    return TYPE in attributes or TRACE_ID in attributes


def header(span: SpanLike) -> SpanReading:
    attributes = span.attributes
    return SpanReading(
        span_type=decoded_text(attributes.get(TYPE)) or "UNKNOWN",
        model=decoded_text(attributes.get(MODEL)),
        usage=usage_of(attributes.get(USAGE)),
        session_id=next((text for key in SESSION if (text := decoded_text(attributes.get(key)))), "")
        or decoded_text(as_dict(attributes.get("metadata")).get("thread_id")),  # LangGraph's
        user_id=next((text for key in USER if (text := decoded_text(attributes.get(key)))), ""),
        dialect=name,
    )


def read(span: SpanLike) -> SpanReading:
    reading = header(span)
    reading.inputs = _value(span.attributes, INPUTS)
    reading.outputs = _value(span.attributes, OUTPUTS)
    reading.error = error_of(span)
    if reading.span_type == "TOOL":
        read_tool(reading, span.name)
    elif reading.span_type in {"RETRIEVER", "RERANKER"}:
        reading.documents = documents_in(reading.outputs)
    elif reading.span_type not in {"EMBEDDING", "PARSER"}:
        reading.messages = messages_in(reading.inputs)
        reading.answer = answers_in(reading.outputs) or _broken_stream(span)
        if decoded_text(span.attributes.get(FORMAT)) == "dspy":
            reading.messages = [dspy.unwrapped(message) for message in reading.messages]
            reading.answer = [dspy.unwrapped(message) for message in reading.answer]
    return reading


def _value(attributes: dict[str, Any], key: str) -> Json:
    """Return a value that came structured, or as JSON where every attribute is JSON, `"LLM"` with its quotes too."""
    value = attributes.get(key)
    return decoded(value) if str(attributes.get(TYPE)).startswith('"') else value


def usage_of(value: Json) -> dict[str, int]:
    counts = {key: whole_number(count) for key, count in as_dict(value).items()}
    return {key: count for key, count in counts.items() if count is not None}


def _broken_stream(span: SpanLike) -> list[ChatMessage]:
    """Return the partial answer of a stream that broke: it stands in the chunk events alone."""
    texts = [
        _text_of_chunk(event["attributes"].get(CHUNK_VALUE))
        for event in span.events
        if str(event.get("name", "")).startswith(CHUNK_EVENT) and event.get("attributes")
    ]
    text = "".join(texts)
    return [ChatMessage("assistant", [Part("text", text=text)])] if text else []


def _text_of_chunk(value: Json) -> str:
    """Return the piece of text in a chunk of OpenAI chat, Anthropic, OpenAI Responses or LangChain."""
    chunk = decoded(value)
    if isinstance(chunk, str):
        return chunk
    chunk = as_dict(chunk)
    if choices := as_list(chunk.get("choices")):
        return text_of(as_dict(as_dict(choices[0]).get("delta")).get("content"))
    delta = chunk.get("delta")
    piece = delta.get("text") if isinstance(delta, dict) else delta or chunk.get("content")
    return piece if isinstance(piece, str) else ""
