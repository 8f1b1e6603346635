"""MLflow ChatAgent (and ChatModel): `mlflow models serve` and Databricks serving.

Address: a base as https://host or https://HOST/serving-endpoints/NAME, or the full …/invocations.
Options: `return_trace` true or false; without it Databricks is asked for the trace, and nobody else.
Takes no images: the content of its messages is text.
Source: https://mlflow.org/docs/latest/genai/flavors/chat-model-guide/; mlflow.types.agent
"""

from __future__ import annotations

from typing import Any

from chat.events import Event
from chat.models.endpoints import Target
from chat.prompts import Prompt
from chat.protocols import openai_chat
from chat.protocols.asking import Request, body_of, headers_of, url_of, with_system
from chat.protocols.mlflow_applications import (
    RETURN_TRACE_ID,
    context_of,
    documents_of_trace,
    is_on_databricks,
    returns_trace,
)


def request(target: Target, prompt: Prompt) -> Request:
    messages = [{"role": message.role, "content": message.text} for message in prompt.messages]
    defaults = {
        "model": target.model,
        "stream": True,
        "context": context_of(prompt),
        **returns_trace(target, default=is_on_databricks(target)),
    }
    return Request(
        url=url_of(target.url, "/invocations"),
        headers=RETURN_TRACE_ID | headers_of(target, prompt),
        body=body_of(target, defaults, {"messages": with_system(target, messages)}),
    )


class Reader(openai_chat.Reader):
    """Chunks have one `delta` each; those with the same id are one message. A ChatModel's are OpenAI's."""

    def event(self, name: str, value: dict[str, Any]) -> list[Event]:
        if "choices" in value:
            return super().event(name, value)
        if "delta" not in value:
            return self.whole(value) if "messages" in value else self.rest(value)
        events = self.message_of(value["delta"])
        return [*events, *self.rest(value)]

    def whole(self, value: dict[str, Any]) -> list[Event]:
        if "choices" in value:
            return super().whole(value)
        events = [event for message in value["messages"] for event in self.message_of(message)]
        return [*events, *self.rest(value)]

    def message_of(self, message: dict[str, Any]) -> list[Event]:
        self.message_id = message.get("id")
        return self.message(message) if message.get("role") in ("assistant", "tool", None) else []

    def rest(self, value: dict[str, Any]) -> list[Event]:
        self.used(value.get("usage"))
        self.finished(value.get("finish_reason"))
        is_known = not self.telling.isdisjoint(value) or value.keys() & {"delta", "messages", "usage", "finish_reason"}
        return [] if is_known else self.not_read(value)

    def told(self, value: dict[str, Any]) -> list[Event]:
        return [*super().told(value), *self.new_sources(documents_of_trace(value))]
