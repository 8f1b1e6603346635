"""Spans of Google's Agent Development Kit: GenAI names, with requests and responses in Gemini's own objects."""

from __future__ import annotations

from typing import Any

from traces.dialects import genai
from traces.dialects.blocks import parts_of
from traces.dialects.decoding import as_dict, decoded, text_of
from traces.dialects.exchanges import messages_in
from traces.dialects.messages import messages_of
from traces.dialects.spans import ChatMessage, SpanLike, SpanReading
from traces.dialects.tables import first

name = "google_adk"

REQUEST, RESPONSE = "gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response"
ARGUMENTS, RESULT = "gcp.vertex.agent.tool_call_args", "gcp.vertex.agent.tool_response"
SESSION = ("gcp.vertex.agent.session_id", "gen_ai.conversation.id")
EMPTY = "{}"  # what stands where there is none, and where content is not recorded
SIGNS = frozenset({REQUEST, RESPONSE, ARGUMENTS, RESULT, SESSION[0]})


def recognises(attributes: dict[str, Any]) -> bool:
    return not SIGNS.isdisjoint(attributes)


def header(span: SpanLike) -> SpanReading:
    reading = genai.header(span)
    reading.session_id = first(span.attributes, SESSION) or reading.session_id
    reading.dialect = name
    is_call = span.attributes.get(REQUEST, EMPTY) != EMPTY
    reading.span_type = "CHAT_MODEL" if is_call and reading.span_type == "UNKNOWN" else reading.span_type
    return reading


def read(span: SpanLike) -> SpanReading:
    own, reading = header(span), genai.read(span)
    reading.span_type, reading.session_id, reading.dialect = own.span_type, own.session_id, name
    if reading.span_type == "TOOL":
        reading.inputs = reading.tool_arguments = decoded(span.attributes.get(ARGUMENTS, reading.tool_arguments))
        reading.outputs = reading.tool_result = decoded(span.attributes.get(RESULT, reading.tool_result))
        return reading
    request, response = as_dict(span.attributes.get(REQUEST)), as_dict(span.attributes.get(RESPONSE))
    reading.inputs, reading.outputs = reading.inputs or request or None, reading.outputs or response or None
    reading.messages = reading.messages or _instructions(request) + messages_in(request)
    reading.answer = reading.answer or _answer(response)
    return reading


def _instructions(request: dict[str, Any]) -> list[ChatMessage]:
    parts = parts_of(as_dict(request.get("config")).get("system_instruction"))
    return [ChatMessage("system", parts)] if parts else []


def _answer(response: dict[str, Any]) -> list[ChatMessage]:
    content = as_dict(response.get("content"))
    return messages_of({"role": text_of(content.get("role")) or "model", "parts": content.get("parts")})
