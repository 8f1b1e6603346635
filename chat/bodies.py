"""What kind of body a response has: by its content type, and by its first bytes where the type is wrong."""

from __future__ import annotations

import codecs
from enum import Enum

from chat.events import Json
from chat.framing import Frame, Framing, JsonLines, PlainText, ServerSentEvents
from chat.protocols.decoding import decoded


class Kind(Enum):
    EVENTS = "server-sent events"
    LINES = "lines of JSON"
    JSON = "one JSON value"
    PAGE = "a web page"
    TEXT = "plain text"


LINE_TYPES = {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
              "application/json-lines", "application/stream+json"}  # fmt: skip
EVENT_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
PAGES = (b"<!doctype", b"<html", b"<head", b"<body", b"<?xml", b"<!--")
FRAMINGS: dict[Kind, type[Framing]] = {
    Kind.EVENTS: ServerSentEvents,
    Kind.LINES: JsonLines,
    Kind.TEXT: PlainText,
}


def kind_of(content_type: str, beginning: bytes, *, is_all: bool = False) -> Kind | None:
    """Return the kind, None if more bytes are needed to tell.

    Frameworks send streams as text/plain, as text/html and as application/json: events are recognised in any.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "text/event-stream":
        return Kind.EVENTS
    if media_type in LINE_TYPES:
        return Kind.LINES
    start = beginning.removeprefix(codecs.BOM_UTF8).lstrip()[:9].lower()
    if start.startswith(EVENT_FIELDS):
        return Kind.EVENTS
    if not is_all and any(mark.startswith(start) for mark in (*EVENT_FIELDS, *PAGES)):
        return None
    if media_type == "text/html" or start.startswith(PAGES):
        return Kind.PAGE
    is_json = media_type == "application/json" or media_type.endswith("+json") or start.startswith((b"{", b"["))
    return Kind.JSON if is_json else Kind.TEXT


class Body:
    """Takes the bytes of a body; gives frames as they come, or `whole` at the end."""

    def __init__(self, content_type: str) -> None:
        self.content_type = content_type
        self.kind: Kind | None = None
        self.pieces: list[bytes] = []  # while the kind is unknown, and of what is no stream
        self.framing: Framing | None = None

    def feed(self, chunk: bytes) -> list[Frame]:
        """Raises: chat.framing.FrameTooLarge."""
        if self.framing is not None:
            return self.framing.feed(chunk)
        self.pieces.append(chunk)
        return self.recognised(is_all=False) if self.kind is None else []

    def close(self) -> list[Frame]:
        frames = self.recognised(is_all=True) if self.kind is None else []
        return [*frames, *self.framing.close()] if self.framing is not None else frames

    def recognised(self, *, is_all: bool) -> list[Frame]:
        so_far = b"".join(self.pieces)
        self.kind = kind_of(self.content_type, so_far, is_all=is_all)
        if self.kind not in FRAMINGS:
            return []
        self.framing = FRAMINGS[self.kind]()
        self.pieces.clear()
        return self.framing.feed(so_far)

    def whole(self) -> Json:
        """Return the JSON value of a body that is no stream. Raises: ValueError."""
        return decoded(b"".join(self.pieces).decode("utf-8-sig", errors="replace"))

    def as_lines(self) -> list[Frame]:
        """Return the frames of a body that was thought to be one value and is a line for each."""
        lines = JsonLines()
        return [*lines.feed(b"".join(self.pieces)), *lines.close()]
