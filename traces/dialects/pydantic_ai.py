"""Spans of pydantic-ai: GenAI conventions, with more or less of its own beside them by format version.

| | version 1 | 2 | from 3 |
|---|---|---|---|
| model call | `events` (or log records) | GenAI | GenAI |
| tool | `tool_arguments`, `tool_response` | the same | GenAI |
| agent | `all_messages_events`, `final_result` | `pydantic_ai.all_messages`, `final_result` | the same |
"""

from __future__ import annotations

from typing import Any

from traces.dialects import genai
from traces.dialects.blocks import parts_of
from traces.dialects.decoding import decoded, text_of
from traces.dialects.messages import messages_of
from traces.dialects.recorded import listed, told_after, told_before, values_told
from traces.dialects.spans import ChatMessage, Part, SpanLike, SpanReading
from traces.dialects.tables import first

name = "pydantic_ai"

ARGUMENTS, RESPONSE = "tool_arguments", "tool_response"
EVENTS, ALL_EVENTS, ALL_MESSAGES = "events", "all_messages_events", "pydantic_ai.all_messages"
FINAL = "final_result"
AGENT = frozenset({ALL_EVENTS, ALL_MESSAGES, FINAL, "agent_name"})
SIGNS = frozenset({ARGUMENTS, RESPONSE, ALL_EVENTS, ALL_MESSAGES, "model_request_parameters"})


def recognises(attributes: dict[str, Any]) -> bool:
    return not SIGNS.isdisjoint(attributes)


def header(span: SpanLike) -> SpanReading:
    attributes = span.attributes
    reading = genai.header(span)
    reading.dialect = name
    if genai.OPERATION not in attributes:  # version 1: the agent and its tools have none
        reading.span_type = "TOOL" if "gen_ai.tool.name" in attributes else "CHAT_MODEL"
        if not AGENT.isdisjoint(attributes):
            reading.span_type = "AGENT"
    reading.model = reading.model or text_of(attributes.get("model_name"))
    return reading


def read(span: SpanLike) -> SpanReading:
    own, reading = header(span), genai.read(span)
    reading.span_type, reading.model, reading.dialect = own.span_type, own.model, name
    if reading.span_type == "TOOL":
        _read_tool(reading, span.attributes)
    elif reading.span_type == "AGENT":
        _read_agent(reading, span.attributes)
    elif EVENTS in span.attributes:
        events = listed(span.attributes[EVENTS])
        reading.messages = reading.messages or told_before(events)
        reading.answer = reading.answer or told_after(events)
        reading.inputs, reading.outputs = values_told(events)
    return reading


def _read_tool(reading: SpanReading, attributes: dict[str, Any]) -> None:
    """Read a tool; of one that is to be tried again the response is what went wrong, and the exception is mute."""
    reading.messages, reading.answer = [], []
    reading.tool_name = text_of(attributes.get("gen_ai.tool.name")) or reading.tool_name
    if ARGUMENTS in attributes:
        reading.inputs = reading.tool_arguments = decoded(attributes[ARGUMENTS])
    if RESPONSE in attributes:
        reading.outputs = reading.tool_result = decoded(attributes[RESPONSE])
    if reading.error.strip().endswith(("Error:", "ToolRetryError", "Failed without a message.")):
        reading.error = text_of(reading.tool_result) or reading.error


def _read_agent(reading: SpanReading, attributes: dict[str, Any]) -> None:
    """Read what an agent was asked and what came out: the messages of a run hold both."""
    told = messages_of(attributes.get(ALL_MESSAGES)) or told_before(listed(attributes.get(ALL_EVENTS)))
    system = [] if any(message.role == "system" for message in told) else _instructions(attributes)
    final = first(attributes, (FINAL,))
    if told and told[-1].role == "assistant":
        *told, last = told
        reading.answer = reading.answer or [last]
    reading.messages = system + told if told else reading.messages
    if final and not any(part.kind == "text" for message in reading.answer for part in message.parts):
        reading.answer = [ChatMessage("assistant", [Part("text", text=final)])]
    reading.outputs = final if reading.outputs is None and final else reading.outputs


def _instructions(attributes: dict[str, Any]) -> list[ChatMessage]:
    parts = parts_of(decoded(attributes.get("gen_ai.system_instructions")))
    return [ChatMessage("system", parts)] if parts else []
