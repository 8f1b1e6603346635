"""Reasoning that stands in the text between tags, which may be cut anywhere."""

from __future__ import annotations

from chat.events import Reasoning, Text

TAGS = ("<think>", "<thinking>", "<thought>", "<reasoning>")


class Thinking:
    """Tells text from reasoning. A tag counts only before any text: an answer may speak of tags."""

    def __init__(self) -> None:
        self.is_text = False  # text began: no tag counts any more
        self.has_thought = False
        self.closing = ""  # the tag that ends the reasoning, while inside
        self.held = ""  # perhaps the beginning of a tag

    def feed(self, delta: str) -> list[Text | Reasoning]:
        if self.is_text:
            return [Text(delta)] if delta else []
        self.held += delta
        events: list[Text | Reasoning] = []
        while (event := self.next()) is not None:
            if event.delta:
                events.append(event)
        return events

    def close(self) -> list[Text | Reasoning]:
        held, self.held = self.held, ""
        if not held:
            return []
        if self.closing:
            return [Reasoning(held)]
        return [] if self.has_thought and not held.strip() else [Text(held)]

    def next(self) -> Text | Reasoning | None:
        """Return the next piece of what is held, empty where only a tag was passed; None waits for more."""
        return self.inside() if self.closing else self.before()

    def before(self) -> Text | Reasoning | None:
        if self.is_text:
            return None
        start = self.held.lstrip()
        for tag in TAGS:
            if start.startswith(tag):
                self.closing, self.held, self.has_thought = f"</{tag[1:]}", start[len(tag) :], True
                return Reasoning("")
        if any(tag.startswith(start) for tag in TAGS):  # also nothing at all
            return None
        text = start if self.has_thought else self.held
        self.held, self.is_text = "", True
        return Text(text)

    def inside(self) -> Reasoning | None:
        reasoning, tag, rest = self.held.partition(self.closing)
        if tag:
            self.closing, self.held = "", rest
            return Reasoning(reasoning)
        n = kept_back(self.held, self.closing)
        whole, self.held = self.held[: len(self.held) - n], self.held[len(self.held) - n :]
        return Reasoning(whole) if whole else None


def kept_back(text: str, tag: str) -> int:
    """Return how many characters at the end could be the beginning of the tag."""
    return next((n for n in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:n])), 0)
