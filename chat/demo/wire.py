"""OpenAI's Chat Completions, as far as the guide speaks it."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chat.demo.guide import Message


class BadRequest(ValueError):
    """The request can't be answered; its words say why."""


@dataclass(frozen=True, slots=True)
class Request:
    model: str
    messages: list[Message]
    stream: bool = False
    wants_usage: bool = False
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))


def parsed(raw: bytes) -> Request:
    """Raises: BadRequest."""
    try:
        given = json.loads(raw)
        messages = [Message(role=str(each["role"]), content=text_of(each["content"])) for each in given["messages"]]
        model, stream = str(given["model"]), bool(given.get("stream"))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRequest("The body has to be JSON with `model` and `messages`.") from error
    if not messages or messages[-1]["role"] != "user":
        raise BadRequest("The last message has to be the user's.")
    return Request(model, messages, stream, bool((given.get("stream_options") or {}).get("include_usage")))


def text_of(content: object) -> str:
    """Return the text of a message, which may come in parts; pictures are left out."""
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part.get("type") == "text")
    return str(content or "")


def words_in(text: str) -> list[str]:
    """Return the text in pieces of a word and the space after it."""
    return re.findall(r"\S+\s*|^\s+", text)


def usage_of(request: Request, text: str) -> dict[str, int]:
    asked, said = sum(len(words_in(each["content"])) for each in request.messages), len(words_in(text))
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def models(names: Iterable[str]) -> dict[str, Any]:
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "review-app"} for name in names]
    return {"object": "list", "data": data}


def problem(message: str, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


def completion(request: Request, text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return envelope(request, "chat.completion", [choice]) | {"usage": usage_of(request, text)}


def opening(request: Request) -> bytes:
    return event(request, {"role": "assistant", "content": ""})


def chunk(request: Request, text: str) -> bytes:
    return event(request, {"content": text})


def closing(request: Request, text: str) -> bytes:
    """Return the mark of the end, with the usage before it where it was asked for."""
    usage = envelope(request, "chat.completion.chunk", []) | {"usage": usage_of(request, text)}
    counted = framed(usage) if request.wants_usage else b""
    return event(request, {}, "stop") + counted + b"data: [DONE]\n\n"


def event(request: Request, delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return framed(envelope(request, "chat.completion.chunk", [choice]))


def envelope(request: Request, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    head = {"id": request.id, "object": kind, "created": request.created, "model": request.model}
    return {**head, "choices": choices}


def framed(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"
