"""DSPy's chat format: fields of a signature under headings such as `[[ ## answer ## ]]`."""

from __future__ import annotations

import re

from traces.dialects.exchanges import ANSWERS, QUESTIONS
from traces.dialects.spans import ChatMessage, Part

HEADING = re.compile(r"^\[\[ ## (\w+) ## \]\]\n?", re.MULTILINE)
REQUEST = "\n\nRespond with the corresponding output fields"  # what DSPy appends to every question


def unwrapped(message: ChatMessage) -> ChatMessage:
    """Return a message with the field that holds the question or answer, and the reasoning apart.

    A message without headings, or without a field of a usual name, stays as it is.
    """
    text = "\n\n".join(part.text for part in message.parts if part.kind == "text")
    fields = fields_of(text.split(REQUEST)[0])
    names = QUESTIONS if message.role == "user" else ANSWERS if message.role == "assistant" else ()
    found = next((fields[name] for name in names if fields.get(name)), "")
    if not found:
        return message
    reasoning = [Part("reasoning", text=fields["reasoning"])] if fields.get("reasoning") else []
    others = [part for part in message.parts if part.kind != "text"]
    return ChatMessage(message.role, [*reasoning, Part("text", text=found), *others], message.name)


def fields_of(text: str) -> dict[str, str]:
    """Return the fields by name; none when the text has no headings."""
    _before, *pieces = HEADING.split(text)
    return {name: field.strip() for name, field in zip(pieces[::2], pieces[1::2], strict=True)}
