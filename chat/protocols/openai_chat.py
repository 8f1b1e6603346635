"""OpenAI Chat Completions, and the many servers that speak it in their own way.

Address: a base as https://host/v1 (or https://host), or the full …/chat/completions, or …/invocations.
Source: https://platform.openai.com/docs/api-reference/chat; departures are named where they are read.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from chat.events import Event, Json, Reasoning, Refusal, Text, ToolResult
from chat.models.endpoints import Target
from chat.prompts import Prompt
from chat.protocols.asking import Request, body_of, chat_message, headers_of, url_of, with_system
from chat.protocols.decoding import name_of, text_of
from chat.protocols.reading import AnswerReader
from chat.protocols.sources import documents_in, sources_from
from chat.protocols.thinking import Thinking

# DeepSeek, litellm, older vLLM · OpenRouter, newer vLLM, Ollama · others
REASONING_KEYS = ("reasoning_content", "reasoning", "thinking")


def request(target: Target, prompt: Prompt) -> Request:
    defaults = {"model": target.model, "stream": True, "stream_options": {"include_usage": True}}
    messages = with_system(target, [chat_message(message) for message in prompt.messages])
    return Request(
        url=url_of(target.url, "/chat/completions", root="/v1", whole=("/invocations",)),
        headers=headers_of(target, prompt),
        body=without_stream_options(body_of(target, defaults, {"messages": messages})),
    )


def without_stream_options(body: dict[str, Any]) -> dict[str, Any]:
    """Servers refuse the options of a stream where none is asked for."""
    if not body.get("stream"):
        body.pop("stream_options", None)
    return body


class Reader(AnswerReader):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.thinking = Thinking()
        self.message_id: Hashable = None

    def event(self, name: str, value: dict[str, Any]) -> list[Event]:
        events = [] if self.has_started else self.started(value.get("id"), value.get("model"))
        if value.get("usage"):  # in a chunk of its own, with empty choices or (litellm) an empty delta, or in every one
            self.used(value["usage"])
        choices = value.get("choices")
        if choices is None and not value.get("usage"):
            return self.not_read(value)
        for choice in choices or ():
            if choice.get("index"):  # another version of the answer
                continue
            if choice.get("delta"):
                events += self.message(choice["delta"])
            elif choice.get("message") and not self.has_text:  # the whole answer once more, at the end of some streams
                events += self.message(choice["message"])
            if choice.get("finish_reason"):
                self.finished(choice["finish_reason"])
                events += self.calls.finish_all()
        if "citations" in value or "search_results" in value:  # Perplexity
            events += self.new_sources(sources_from(value.get("search_results") or value.get("citations")))
        return events

    def whole(self, value: dict[str, Any]) -> list[Event]:
        if not isinstance(value["choices"], list):
            return self.not_read(value)
        return self.event("", value)

    def close(self) -> list[Event]:
        return [*self.told_apart(self.thinking.close()), *super().close()]

    def message(self, message: dict[str, Any]) -> list[Event]:
        """Read a delta or a whole message."""
        content = message.get("content")
        if content and len(message) == 1 and isinstance(content, str):  # nearly all of them
            return self.text(content)
        if message.get("role") == "tool":
            return self.tool_result(message)
        events: list[Event] = self.reasoning(message)
        if content:
            events += self.text(content if isinstance(content, str) else text_of(content))
        if isinstance(message.get("refusal"), str) and message["refusal"]:
            events.append(Refusal(message["refusal"]))
        if message.get("tool_calls"):
            events += self.tool_calls(message["tool_calls"])
        cited = message.get("annotations") or (message.get("context") or {}).get("citations")  # the latter: Azure
        return [*events, *self.new_sources(sources_from(cited))] if cited else events

    def text(self, delta: str) -> list[Event]:
        if self.thinking.is_text:
            return self.words(delta, self.message_id)
        return self.told_apart(self.thinking.feed(delta))

    def told_apart(self, pieces: list[Text | Reasoning]) -> list[Event]:
        events: list[Event] = []
        for piece in pieces:
            events += self.words(piece.delta, self.message_id) if isinstance(piece, Text) else [piece]
        return events

    def reasoning(self, message: dict[str, Any]) -> list[Event]:
        """Return the reasoning, once: servers write the same under several names."""
        for key in REASONING_KEYS:
            if isinstance(message.get(key), str) and message[key]:
                return [Reasoning(message[key])]
        details = message.get("reasoning_details") or message.get("thinking_blocks")  # OpenRouter, litellm
        content = message.get("content")
        if not details and isinstance(content, list):  # Mistral
            details = [part for part in content if isinstance(part, dict) and "thinking" in part]
        texts = [text_of(detail.get("text") or detail.get("thinking")) for detail in details or ()]
        return [Reasoning("".join(texts))] if any(texts) else []

    def tool_calls(self, calls: list[dict[str, Any]]) -> list[Event]:
        events: list[Event] = []
        for n, call in enumerate(calls):
            key = call.get("index", call.get("id", n))
            function = call.get("function") or {}
            if key in self.calls.pending and is_another(self.calls.pending[key].call_id, call.get("id")):
                events += self.calls.finish(key)
            if key not in self.calls.pending:
                events += self.calls.begin(key, call.get("id"), function.get("name"))
            arguments: Json = function.get("arguments")
            if isinstance(arguments, dict | list):  # Ollama: all at once
                events += self.calls.finish(key, arguments)
            self.calls.add(key, arguments)
        return events

    def tool_result(self, message: dict[str, Any]) -> list[Event]:
        """Agents that run their tools themselves stream the results as messages."""
        output = message.get("content")
        self.part = object()  # what is said next is a message of its own
        result = ToolResult(name_of(message.get("tool_call_id")), output, name=name_of(message.get("name")))
        return [*self.calls.finish_all(), result, *self.new_sources(documents_in(output))]


def is_another(call_id: str, said: Json) -> bool:
    """Some servers number every call 0 and tell them apart by the id alone."""
    return isinstance(said, str) and bool(said) and said != call_id
