"""Lists and objects that attributes spell with numbers in their names: `prefix.0.a.b`, `prefix.1.c`."""

from __future__ import annotations

from typing import Any

from traces.dialects.blocks import parts_of, tool_call
from traces.dialects.decoding import decoded
from traces.dialects.messages import ROLES, messages_of, tidied
from traces.dialects.spans import ChatMessage, Json, Part


def unflattened(attributes: dict[str, Any], prefix: str) -> list[dict[str, Any]]:
    """Return the list that the attributes spell, in order of its numbers."""
    tree: dict[str, Any] = {}
    start = prefix + "."
    for key, value in attributes.items():
        if not key.startswith(start):
            continue
        node = tree
        *path, last = key[len(start) :].split(".")
        for step in path:
            node = node.setdefault(step, {})
            if not isinstance(node, dict):
                break
        else:
            node[last] = value
    return in_order(tree)


def in_order(node: Json) -> list[dict[str, Any]]:
    """Return the objects under `0`, `1`, …"""
    if not isinstance(node, dict):
        return []
    numbers = sorted(int(key) for key in node if key.isdecimal() and len(key) < 10)
    return [node[str(number)] for number in numbers if isinstance(node.get(str(number)), dict)]


def messages_at(attributes: dict[str, Any], prefix: str, role: str) -> list[ChatMessage]:
    """Return messages in OpenLLMetry's older form: `gen_ai.prompt.0.role`, `.content`, `.tool_calls.0.name`."""
    return tidied(message for entry in unflattened(attributes, prefix) for message in _message(entry, role))


def _message(entry: dict[str, Any], role: str) -> list[ChatMessage]:
    said = str(entry.get("role") or role)
    if ROLES.get(said) == "tool":
        return messages_of({**entry, "role": "tool", "content": entry.get("content")})
    reasoning = entry.get("reasoning") or entry.get("thinking")
    parts = [Part("reasoning", text=reasoning)] if isinstance(reasoning, str) and reasoning else []
    content = decoded(entry.get("content"))
    parts += parts_of(content if isinstance(content, list) else entry.get("content"))
    parts += [
        tool_call(call.get("name"), call.get("arguments"), call.get("id")) for call in in_order(entry.get("tool_calls"))
    ]
    return [ChatMessage(ROLES.get(said, "user"), parts)]
