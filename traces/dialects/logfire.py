"""Spans of Logfire's own instrumentation of model clients: the request and the response as JSON.

Newer releases send the GenAI conventions too, which come first.
"""

from __future__ import annotations

from typing import Any

from traces.dialects import genai
from traces.dialects.decoding import as_dict, text_of
from traces.dialects.exchanges import answers_in, messages_in
from traces.dialects.spans import SpanLike, SpanReading
from traces.dialects.tables import usage_in

name = "logfire"

REQUEST, RESPONSE = "request_data", "response_data"


def recognises(attributes: dict[str, Any]) -> bool:
    return REQUEST in attributes and ("logfire.msg" in attributes or "logfire.json_schema" in attributes)


def header(span: SpanLike) -> SpanReading:
    reading = genai.header(span)
    request = as_dict(span.attributes.get(REQUEST))
    if "messages" not in request and "input" in request and reading.span_type == "UNKNOWN":
        reading.span_type = "CHAT_MODEL"
    reading.model = reading.model or text_of(request.get("model"))
    reading.usage = reading.usage or usage_in(as_dict(span.attributes.get(RESPONSE)).get("usage"))
    reading.dialect = name
    return reading


def read(span: SpanLike) -> SpanReading:
    reading, own = genai.read(span), header(span)
    reading.span_type, reading.model, reading.usage, reading.dialect = own.span_type, own.model, own.usage, name
    request, response = as_dict(span.attributes.get(REQUEST)), as_dict(span.attributes.get(RESPONSE))
    reading.inputs = reading.inputs or request or None
    reading.outputs = reading.outputs or response or None
    if reading.span_type not in {"TOOL", "EMBEDDING"}:
        reading.messages = reading.messages or messages_in(request)
        reading.answer = reading.answer or answers_in(
            response.get("message") or response.get("combined_chunk_content") or response
        )
    return reading
