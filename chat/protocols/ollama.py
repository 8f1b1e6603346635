"""Ollama's own protocol.

Address: a base as http://host:11434 (or …/api), or the full …/api/chat.
Parameters go beside `model`, so a temperature is {"options": {"temperature": 0}}.
Source: https://github.com/ollama/ollama/blob/main/docs/api.md
"""

from __future__ import annotations

from typing import Any

from chat.events import Event, Reason
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage
from chat.protocols import openai_chat
from chat.protocols.asking import Request, body_of, headers_of, image_of, url_of, with_system


def request(target: Target, prompt: Prompt) -> Request:
    messages = with_system(target, [message_of(message) for message in prompt.messages])
    return Request(
        url=url_of(target.url.rstrip("/").removesuffix("/api"), "/api/chat"),
        headers=headers_of(target, prompt),
        body=body_of(target, {"model": target.model, "stream": True}, {"messages": messages}),
    )


def message_of(message: PromptMessage) -> dict[str, Any]:
    images = {"images": [image_of(image).base64 for image in message.images]} if message.images else {}
    return {"role": message.role, "content": message.text, **images}


class Reader(openai_chat.Reader):
    """One JSON object a line, the last one with `done`; a message reads as OpenAI's does."""

    def event(self, name: str, value: dict[str, Any]) -> list[Event]:
        if "message" not in value and "done" not in value:
            return self.not_read(value)
        events = self.started("", value.get("model"))
        events += self.message(value.get("message") or {})
        if value.get("done"):
            self.used(value, "prompt_eval_count", "eval_count")
            self.finished(value.get("done_reason"))
            self.over(Reason.STOP)
        return events

    def whole(self, value: dict[str, Any]) -> list[Event]:
        return self.event("", value)
