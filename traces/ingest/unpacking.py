"""A request's body, unpacked, and never more of it than the server is willing to hold."""

from __future__ import annotations

import zlib
from typing import Protocol

from traces.ingest.otlp import BadBody

PIECE = 1024 * 1024  # bytes
MOST_MEMBERS = 1_000  # of one gzip body; a sender writes one, and each costs a copy of what follows it
GZIP = zlib.MAX_WBITS + 16
WINDOWS = {"gzip": (GZIP,), "x-gzip": (GZIP,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}


class TooLarge(ValueError):
    """A body beyond the limit, packed or unpacked."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body holds more than {limit} bytes; INGEST_MAX_BYTES sets the limit.")


class UnknownEncoding(ValueError):
    """A Content-Encoding that is none of ours."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_all(source: Readable, limit: int) -> bytes:
    """Read a body of at most `limit` bytes; raise TooLarge."""
    pieces: list[bytes] = []
    room = limit
    while piece := source.read(room + 1):  # one that is in memory is not copied
        pieces.append(piece)
        room -= len(piece)
        if room < 0:
            raise TooLarge(limit)
    return b"".join(pieces)


def unpack(body: bytes, encoding: str, limit: int) -> bytes:
    """Return the body without its Content-Encoding; raise BadBody, TooLarge or UnknownEncoding."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return body
    windows = WINDOWS.get(encoding)
    if windows is None:
        raise UnknownEncoding(f"Content-Encoding {encoding!r:.60} is not gzip or deflate.")
    for window in windows[:-1]:  # deflate is sent with and without zlib's frame
        try:
            return _inflate(body, window, limit)
        except zlib.error:
            continue
    try:
        return _inflate(body, windows[-1], limit)
    except zlib.error as error:
        raise BadBody(f"The body is not {encoding}: {error}") from error


def _inflate(body: bytes, window: int, limit: int) -> bytes:
    """Unpack piece by piece, so that a bomb is found before it goes off."""
    pieces: list[bytes] = []
    room = limit
    members = 0
    while body:  # gzip may hold several members
        members += 1
        if members > MOST_MEMBERS:
            raise BadBody(f"The packed body has more than {MOST_MEMBERS} members.")
        unpacker = zlib.decompressobj(window)
        while not unpacker.eof:
            piece = unpacker.decompress(body, min(PIECE, room + 1))
            body = unpacker.unconsumed_tail
            if not piece and not body and not unpacker.eof:
                raise BadBody("The packed body breaks off before its end.")
            pieces.append(piece)
            room -= len(piece)
            if room < 0:
                raise TooLarge(limit)
        body = unpacker.unused_data
    return b"".join(pieces)
