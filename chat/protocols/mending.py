"""Characters that no database and no socket takes: NUL, and halves of pairs that were cut between two pieces.

Some servers count in UTF-16, so an emoji may come as one half in each of two deltas.
"""

from __future__ import annotations

from dataclasses import fields, replace

from chat.events import Event, Json, Reasoning, Text


def is_suspicious(data: str) -> bool:
    """Say whether JSON has an escaped NUL or surrogate; others can't come out of it."""
    return "\\u" in data and ("\\u0000" in data or "\\ud" in data or "\\uD" in data)


def mended(value: Json) -> Json:
    """Return a value with pairs put together, lone halves replaced, NUL left out."""
    if type(value) is str:  # no enumeration
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")
    if isinstance(value, list):
        return [mended(each) for each in value]
    if isinstance(value, dict):
        return {mended(key): mended(each) for key, each in value.items()}
    return value


class Mender:
    """Mends events; holds back half a character until the next text."""

    def __init__(self) -> None:
        self.half = ""

    def mend(self, events: list[Event]) -> list[Event]:
        return [self.mend_one(event) for event in events]

    def mend_one(self, event: Event) -> Event:
        if isinstance(event, Text | Reasoning):
            return replace(event, delta=self.joined(event.delta))
        return replace(event, **{field.name: mended(getattr(event, field.name)) for field in fields(event)})

    def joined(self, delta: str) -> str:
        delta, self.half = self.half + delta, ""
        if "\ud800" <= delta[-1:] <= "\udbff":
            delta, self.half = delta[:-1], delta[-1]
        text: str = mended(delta)
        return text
