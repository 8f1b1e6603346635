"""From bytes, cut anywhere, to the messages of a stream: server-sent events, JSON lines, or plain text.

Knows no HTTP client: bytes go in by `feed`; `close` gives what is left at a clean end.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html; departures say so.
"""

from __future__ import annotations

import codecs
from typing import NamedTuple, Protocol

MAX_FRAME_BYTES = 8 * 1024 * 1024
LINE_ENDS = (b"\n", b"\r")


class FrameTooLarge(ValueError):
    """One message of the stream is larger than allowed."""


class Frame(NamedTuple):
    event: str  # "" where the stream names none
    data: str


class Framing(Protocol):
    def feed(self, chunk: bytes) -> list[Frame]:
        """Raises: FrameTooLarge."""

    def close(self) -> list[Frame]: ...


class Lines:
    """Lines that end in LF, CR or CRLF, and in nothing else: U+2028 and U+0085 are text."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.pieces: list[bytes] = []  # of the last line, which has no end yet
        self.n_bytes = 0
        self.is_after_cr = False
        self.is_first = True

    def feed(self, chunk: bytes) -> list[bytes]:
        if self.is_after_cr and chunk:
            self.is_after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if not chunk:
            return []
        lines = chunk.splitlines()  # of bytes: at LF, CR and CRLF only
        is_open = not chunk.endswith(LINE_ENDS)
        if is_open and len(lines) == 1:
            self.keep(chunk)
            return []
        if self.pieces:
            lines[0] = self.taken() + lines[0]
        if is_open:
            self.keep(lines.pop())
        else:
            self.is_after_cr = chunk.endswith(b"\r")
        return self.without_bom(lines)

    def close(self) -> list[bytes]:
        return self.without_bom([self.taken()] if self.pieces else [])

    def keep(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self.n_bytes += len(piece)
        if self.n_bytes > self.max_bytes:
            raise FrameTooLarge

    def taken(self) -> bytes:
        line = b"".join(self.pieces)
        self.pieces.clear()
        self.n_bytes = 0
        return line

    def without_bom(self, lines: list[bytes]) -> list[bytes]:
        if self.is_first and lines:
            self.is_first = False
            lines[0] = lines[0].removeprefix(codecs.BOM_UTF8)
        return lines


class ServerSentEvents:
    """Departures from the standard: an event with a name and no data counts (`event: end`), and so does the
    last one without a blank line after it. Comments, `id`, `retry` and unknown fields make no message.
    """

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES) -> None:
        self.max_bytes = max_bytes
        self.lines = Lines(max_bytes)
        self.event = ""
        self.data: list[bytes] = []
        self.n_bytes = 0

    def feed(self, chunk: bytes) -> list[Frame]:
        return self.frames(self.lines.feed(chunk))

    def close(self) -> list[Frame]:
        return self.frames([*self.lines.close(), b""])

    def frames(self, lines: list[bytes]) -> list[Frame]:
        frames = []
        for line in lines:
            if line.startswith(b"data:"):
                self.add(line[6:] if line.startswith(b" ", 5) else line[5:])
            elif line:
                self.other_field(line)
            elif self.data or self.event:
                frames.append(Frame(self.event, b"\n".join(self.data).decode(errors="replace")))
                self.event, self.data, self.n_bytes = "", [], 0
        return frames

    def add(self, data: bytes) -> None:
        self.data.append(data)
        self.n_bytes += len(data) + 1
        if self.n_bytes > self.max_bytes:
            raise FrameTooLarge

    def other_field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"event":
            self.event = value.removeprefix(b" ").decode(errors="replace")
        elif name == b"data":  # a line of this word alone is an empty line of data
            self.add(b"")


class JsonLines:
    """One message a line; empty lines are none."""

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES) -> None:
        self.lines = Lines(max_bytes)
        self.max_bytes = max_bytes

    def feed(self, chunk: bytes) -> list[Frame]:
        return self.frames(self.lines.feed(chunk))

    def close(self) -> list[Frame]:
        return self.frames(self.lines.close())

    def frames(self, lines: list[bytes]) -> list[Frame]:
        if any(len(line) > self.max_bytes for line in lines):
            raise FrameTooLarge
        return [Frame("", line.decode(errors="replace")) for line in lines if line.strip()]


PLAIN_TEXT = "text/plain"


class PlainText:
    """Text as it comes, in messages that are named PLAIN_TEXT."""

    def __init__(self) -> None:
        self.decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")

    def feed(self, chunk: bytes) -> list[Frame]:
        text = self.decoder.decode(chunk)
        return [Frame(PLAIN_TEXT, text)] if text else []

    def close(self) -> list[Frame]:
        text = self.decoder.decode(b"", final=True)
        return [Frame(PLAIN_TEXT, text)] if text else []
