"""Conversations told in events: of a span, in log records, or in an attribute that lists them.

| event | holds |
|---|---|
| `gen_ai.{system,user,assistant,tool}.message` | one message that went in |
| `gen_ai.choice` | the message that came out, under `message` |
| `gen_ai.content.prompt`, `gen_ai.content.completion` | all that went in or came out, as JSON |

A log record holds it in its body, a span's event in its attributes.
"""

from __future__ import annotations

from collections.abc import Iterable

from traces.dialects.decoding import as_dict, decoded
from traces.dialects.exchanges import answers_in, messages_in
from traces.dialects.messages import messages_of, tidied
from traces.dialects.spans import ChatMessage, Event, Json

ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
CHOICE = "gen_ai.choice"
PROMPT, COMPLETION = "gen_ai.content.prompt", "gen_ai.content.completion"


def told_before(events: Iterable[Event]) -> list[ChatMessage]:
    """Return the messages that went in."""
    told: list[ChatMessage] = []
    for event in events:
        name = event.get("name")
        if name in ROLES:
            told += _message(ROLES[name], payload_of(event))
        elif name == PROMPT:
            told += messages_in(decoded((event.get("attributes") or {}).get("gen_ai.prompt")))
    return tidied(told)


def told_after(events: Iterable[Event]) -> list[ChatMessage]:
    """Return the message that came out; of several candidates the first."""
    for event in events:
        if event.get("name") == CHOICE:
            payload = payload_of(event)
            message = decoded(payload.get("message", payload))
            return _message("assistant", message if isinstance(message, dict) else {"content": message})
        if event.get("name") == COMPLETION:
            return answers_in(decoded((event.get("attributes") or {}).get("gen_ai.completion")))
    return []


def values_told(events: Iterable[Event]) -> tuple[Json, Json]:
    """Return what went in and what came out as values, as the events hold them."""
    before, after = [], []
    for event in events:
        if event.get("name") in {*ROLES, PROMPT}:
            before.append(payload_of(event))
        elif event.get("name") in {CHOICE, COMPLETION}:
            after.append(payload_of(event))
    return before or None, after or None


def tool_told(events: Iterable[Event]) -> tuple[Json, Json]:
    """Return a tool's arguments and its result, as Strands tells them."""
    arguments: Json = None
    result: Json = None
    for event in events:
        payload = payload_of(event)
        if event.get("name") == "gen_ai.tool.message":
            arguments = decoded(payload.get("content"))
        elif event.get("name") == CHOICE:
            result = decoded(payload.get("message"))
    return arguments, result


def listed(value: Json) -> list[Event]:
    """Return the events that an attribute lists, named by a member of theirs (pydantic-ai's first form)."""
    entries = decoded(value)
    entries = entries if isinstance(entries, list) else []
    return [{"name": str(each.get("event.name")), "body": each} for each in entries if isinstance(each, dict)]


def payload_of(event: Event) -> Event:
    """Return what an event says: its body; where there is none, its attributes."""
    body = as_dict(event.get("body"))
    return body or as_dict(event.get("attributes"))


def _message(role: str, payload: Event) -> list[ChatMessage]:
    content = decoded(payload.get("content"))
    return messages_of({
        "role": payload.get("role") or role,
        "content": content if isinstance(content, str | list | dict) else payload.get("content"),
        "tool_calls": decoded(payload.get("tool_calls")),
        "tool_call_id": payload.get("tool_call_id") or payload.get("id"),
        "name": payload.get("name"),
    })  # fmt: skip
