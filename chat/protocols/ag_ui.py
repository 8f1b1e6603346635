"""AG-UI: the run of an agent as events.

Address: the full one, as it is. The parameters go beside `threadId`, as {"forwardedProps": {…}, "state": {…}}.
Source: https://docs.ag-ui.com/concepts/events
"""

from __future__ import annotations

from typing import Any

from chat.events import Event, Json, Reason, Reasoning, ToolResult, TraceId
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage
from chat.protocols.asking import Request, headers_of, image_of
from chat.protocols.decoding import name_of, text_of
from chat.protocols.failures import failure_in
from chat.protocols.reading import AnswerReader
from chat.protocols.sources import documents_in, sources_from

TEXT = ("TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_CHUNK")
REASONING = ("REASONING_MESSAGE_CONTENT", "REASONING_MESSAGE_CHUNK", "THINKING_TEXT_MESSAGE_CONTENT")
SOURCES = ("sources", "citations", "documents", "references")


def request(target: Target, prompt: Prompt) -> Request:
    defaults: dict[str, Json] = {"state": {}, "tools": [], "context": [], "forwardedProps": {}}
    asked = {
        "threadId": prompt.conversation_id,
        "runId": prompt.turn_id,
        "messages": [*system_of(target), *(message_of(n, message) for n, message in enumerate(prompt.messages, 1))],
    }
    return Request(target.url.strip(), headers_of(target, prompt), defaults | target.parameters | asked)


def system_of(target: Target) -> list[dict[str, Any]]:
    return [{"id": "m0", "role": "system", "content": target.system_prompt}] if target.system_prompt else []


def message_of(n: int, message: PromptMessage) -> dict[str, Any]:
    named = {"id": f"m{n}", "role": message.role}
    if not message.images:
        return {**named, "content": message.text}
    images = [image_of(image) for image in message.images]
    parts: list[dict[str, Any]] = [{"type": "text", "text": message.text}] if message.text else []
    parts += [
        {"type": "image", "source": {"type": "data", "value": image.base64, "mimeType": image.media_type}}
        for image in images
    ]
    return {**named, "content": parts}


class Reader(AnswerReader):
    """Every event has open `metadata`, where some agents name their trace."""

    def event(self, name: str, value: dict[str, Any]) -> list[Event]:
        events = self.run_event(str(value.get("type") or name), value)
        metadata = value.get("metadata")
        return [*events, *self.trace_named_in(metadata)] if isinstance(metadata, dict) else events

    def run_event(self, kind: str, value: dict[str, Any]) -> list[Event]:
        if kind in TEXT:
            return self.words(value.get("delta"), value.get("messageId") or self.part)
        if kind in REASONING:
            return [Reasoning(text_of(value.get("delta")))]
        if kind.startswith("TOOL_CALL_"):
            return self.tool_event(kind, value)
        match kind:
            case "RUN_STARTED":
                return self.started(value.get("runId"))
            case "RUN_FINISHED":
                return self.finish(value)
            case "RUN_ERROR":
                return self.fail(failure_in(value))
            case "MESSAGES_SNAPSHOT":
                return self.snapshot(value["messages"])
            case "CUSTOM" if str(value.get("name")).lower() in SOURCES:
                return self.new_sources(sources_from(value.get("value")))
        return [] if kind.isupper() else self.not_read(value)

    def tool_event(self, kind: str, value: dict[str, Any]) -> list[Event]:
        call_id = value.get("toolCallId")
        if kind == "TOOL_CALL_RESULT":
            output = value.get("content")
            result = ToolResult(name_of(call_id), output)
            return [*self.calls.finish(call_id), result, *self.new_sources(documents_in(output))]
        if kind == "TOOL_CALL_END":
            return [*self.calls.finish(call_id)]
        begun: list[Event] = []
        if kind in ("TOOL_CALL_START", "TOOL_CALL_CHUNK") and value.get("toolCallName"):
            begun = [*self.calls.begin(call_id, call_id, value["toolCallName"])]
        self.calls.add(call_id or next(reversed(self.calls.pending), None), value.get("delta"))
        return begun

    def finish(self, value: dict[str, Any]) -> list[Event]:
        """End the run; one that was interrupted waits for somebody."""
        outcome = value.get("outcome")
        kind = outcome.get("type") if isinstance(outcome, dict) else outcome
        return self.over(Reason.TOOL_CALLS if kind == "interrupt" else Reason.STOP)

    def snapshot(self, messages: list[dict[str, Any]]) -> list[Event]:
        """Read the answer of agents that stream nothing: what the assistant says after the last question."""
        if self.has_text:
            return []
        last_question = max((n for n, message in enumerate(messages) if message.get("role") == "user"), default=-1)
        answers = [message for message in messages[last_question + 1 :] if message.get("role") == "assistant"]
        return [
            event for message in answers for event in self.words(text_of(message.get("content")), message.get("id"))
        ]

    def trace_named_in(self, metadata: dict[str, Any]) -> list[TraceId]:
        for key, value in metadata.items():
            name = key.lower()
            if "trace" in name and "parent" not in name and isinstance(value, str) and key != "trace_id":
                return self.trace_ids({"metadata": {"trace_id": value}})
        return []

    def whole(self, value: dict[str, Any]) -> list[Event]:
        raise LookupError("a run is a stream of events")
