"""Anthropic Messages.

Address: a base as https://api.anthropic.com (or …/v1), or the full …/messages.
Parameters: `max_tokens` is required by the protocol; without it here it is DEFAULT_MAX_TOKENS.
Source: https://docs.claude.com/en/api/messages-streaming
"""

from __future__ import annotations

from typing import Any

from chat.events import Event, Json, Reason, Reasoning, ToolResult
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage
from chat.protocols.asking import Request, body_of, headers_of, image_of, url_of
from chat.protocols.decoding import name_of, text_of
from chat.protocols.reading import AnswerReader
from chat.protocols.sources import documents_in, source_from, sources_from

DEFAULT_MAX_TOKENS = 4096
VERSION = "2023-06-01"
CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")


def request(target: Target, prompt: Prompt) -> Request:
    defaults = {
        "model": target.model,
        "stream": True,
        "max_tokens": DEFAULT_MAX_TOKENS,
        "system": target.system_prompt,
    }
    headers = {"anthropic-version": VERSION} | headers_of(target, prompt, {"x-api-key": target.secret})
    return Request(
        url=url_of(target.url, "/messages", root="/v1"),
        headers=headers,
        body=body_of(target, defaults, {"messages": [message_of(message) for message in prompt.messages]}),
    )


def message_of(message: PromptMessage) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.text}
    images = [image_of(image) for image in message.images]
    parts: list[dict[str, Any]] = [
        {"type": "image", "source": {"type": "base64", "media_type": image.media_type, "data": image.base64}}
        for image in images
    ]
    return {
        "role": message.role,
        "content": [*parts, *([{"type": "text", "text": message.text}] if message.text else [])],
    }


class Reader(AnswerReader):
    """A message is a list of blocks; each begins, grows by deltas, and ends. Unknown events are to be ignored."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.n_tools = 0  # text after a tool is a paragraph of its own

    def event(self, name: str, value: dict[str, Any]) -> list[Event]:
        match value.get("type") or name:
            case "content_block_delta":
                return self.delta(value.get("index"), value["delta"])
            case "content_block_start":
                return self.block(value.get("index"), value["content_block"])
            case "content_block_stop":
                return [*self.calls.finish(value.get("index"))]
            case "message_start":
                self.used(value["message"].get("usage"))
                return self.started(value["message"].get("id"), value["message"].get("model"))
            case "message_delta":
                self.used(value.get("usage"))
                self.finished(value["delta"].get("stop_reason"))
                return []
            case "message_stop":
                return self.over(Reason.STOP)
            case "message":
                return self.whole(value)
        return [] if "type" in value else self.not_read(value)

    def delta(self, index: Json, delta: dict[str, Any]) -> list[Event]:
        match delta.get("type"):
            case "text_delta":
                return self.words(delta.get("text"), self.n_tools)
            case "thinking_delta":
                return [Reasoning(text_of(delta.get("thinking")))]
            case "input_json_delta":
                self.calls.add(index, delta.get("partial_json"))
            case "citations_delta":
                return self.cited([delta.get("citation")])
        return []

    def block(self, index: Json, block: dict[str, Any]) -> list[Event]:
        """Read a block that begins; in a body that is whole it is all there."""
        kind = str(block.get("type", ""))
        if kind == "text":
            return [*self.words(block.get("text"), self.n_tools), *self.cited(block.get("citations"))]
        if kind == "thinking":
            return [Reasoning(block["thinking"])] if text_of(block.get("thinking")) else []
        if kind in CALLS:
            self.n_tools += 1
            begun = self.calls.begin(index, block.get("id"), block.get("name"))
            return [*(self.calls.finish(index, block["input"]) if block.get("input") else begun)]
        return self.result(block) if kind.endswith("tool_result") else []

    def result(self, block: dict[str, Any]) -> list[Event]:
        """Read the result of a tool that the server ran: its search results and documents are sources."""
        content = block.get("content")
        error = content.get("error_code") if isinstance(content, dict) else None
        found = (
            [each for each in content if isinstance(each, dict) and each.get("url")]
            if isinstance(content, list)
            else []
        )
        document = content.get("content") if isinstance(content, dict) else None
        sources = sources_from(found) or (sources_from([document]) if document else documents_in(text_of(content)))
        result = ToolResult(name_of(block.get("tool_use_id")), content, name_of(error))
        return [result, *self.new_sources(sources)]

    def cited(self, citations: Json) -> list[Event]:
        return self.new_sources([source for each in citations or () if (source := source_from(each)) is not None])

    def whole(self, value: dict[str, Any]) -> list[Event]:
        if not isinstance(value["content"], list):
            return self.not_read(value)
        events = self.started(value.get("id"), value.get("model"))
        for index, block in enumerate(value["content"]):
            events += self.block(index, block)
        self.used(value.get("usage"))
        self.finished(value.get("stop_reason"))
        return events
