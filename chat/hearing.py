"""Hear one response: its bytes become the protocol's events, and the end gets its reason."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx

from chat.bodies import Body, Kind
from chat.deadlines import DeadlinePassed, Deadlines
from chat.events import Ended, Event, Failed, Fault, Reason, Refusal, Text, ToolCall, ToolResult
from chat.framing import Frame
from chat.protocols.failures import failure_of, plain
from chat.protocols.reading import AnswerReader
from chat.retrying import retry_after

MAX_ANSWER_BYTES = 32 * 1024 * 1024
MAX_ERROR_BYTES = 64 * 1024
MAX_UNPACKED_BYTES = 1024 * 1024  # at once
LEFTOVER_S = 0.05
SAYS_SOMETHING = (Text, Refusal, ToolCall, ToolResult)


class AnswerTooLarge(ValueError):
    """The whole answer has more than MAX_ANSWER_BYTES."""


class Hearing:
    """One response with a good status."""

    def __init__(self, response: httpx.Response, reader: AnswerReader, deadlines: Deadlines) -> None:
        self.reader = reader
        self.deadlines = deadlines
        self.body = Body(response.headers.get("content-type", ""))
        self.chunks = chunks_of(response)
        self.n_bytes = 0
        self.has_said = False
        self.is_at_end = False

    async def next_events(self) -> list[Event] | None:
        """Return what the next bytes say, perhaps nothing yet; None after the last.

        Raises: httpx.HTTPError, DeadlinePassed, FrameTooLarge, AnswerTooLarge.
        """
        if self.is_at_end:
            return None
        chunk = await self.deadlines.wait(anext(self.chunks, b""))
        self.n_bytes += len(chunk)
        if self.n_bytes > MAX_ANSWER_BYTES:
            raise AnswerTooLarge
        events = self.events_of(self.body.feed(chunk)) if chunk else self.last_events()
        self.is_at_end = not chunk or self.reader.is_over or self.body.kind is Kind.PAGE
        if self.is_at_end:
            events = [*events, *self.reader.close()]
        elif self.reader.reason is not None:
            self.deadlines.finish_soon()
        if not self.has_said and events:
            self.has_said = any(isinstance(event, SAYS_SOMETHING) for event in events)
        return events

    def events_of(self, frames: list[Frame]) -> list[Event]:
        reader = self.reader
        n_pings = reader.n_pings
        if len(frames) == 1:
            events = reader.read(frames[0])
        else:
            events = in_one_piece([event for frame in frames for event in reader.read(frame)])
        if len(frames) > reader.n_pings - n_pings or self.body.kind is Kind.JSON:
            self.deadlines.moved()
        return events

    def last_events(self) -> list[Event]:
        events = self.events_of(self.body.close())
        if self.body.kind is not Kind.JSON:
            self.reader.ended_cleanly()
            return events
        try:
            return self.reader.read_whole(self.body.whole())
        except ValueError:
            return self.events_of(self.body.as_lines())

    async def leftover(self) -> None:
        """Read what comes right after the end mark, so that the connection can be used again."""
        with suppress(TimeoutError, httpx.HTTPError):  # then the connection is closed, as it would be anyway
            async with asyncio.timeout(LEFTOVER_S):
                while await anext(self.chunks, b""):
                    pass

    def ending(self) -> list[Event]:
        """Return the end of a response that came whole, with what makes it none."""
        failed = self.failure()
        if failed is not None:
            return [failed, Ended(Reason.ERROR)]
        return [Ended(self.reader.reason or Reason.UNMARKED)]

    def failure(self) -> Failed | None:
        if self.body.kind is Kind.PAGE:
            return Failed(Fault.WEB_PAGE, plain(b"".join(self.body.pieces).decode(errors="replace")))
        if self.has_said or self.reader.reason not in (None, Reason.STOP):
            return None
        if self.reader.n_unreadable:
            return Failed(Fault.NOT_UNDERSTOOD, self.reader.first_unreadable)
        return Failed(Fault.EMPTY)


def chunks_of(response: httpx.Response) -> AsyncIterator[bytes]:
    """Return the bytes as they come, unpacked where an endpoint packs them although it was asked not to."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    return response.aiter_raw() if encoding in ("", "identity") else unpacked(response, encoding)


async def unpacked(response: httpx.Response, encoding: str) -> AsyncIterator[bytes]:
    """Yield bytes unpacked, never much at once: a few bytes can hold gigabytes. Raises: httpx.DecodingError."""
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise httpx.DecodingError(f"content-encoding: {encoding[:100]}")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, as its head says
    async for packed in response.aiter_raw():
        while packed and not unpacker.eof:
            try:
                piece = unpacker.decompress(packed, MAX_UNPACKED_BYTES)
            except zlib.error as error:
                raise httpx.DecodingError(str(error)) from error
            packed = unpacker.unconsumed_tail
            if piece:
                yield piece


def in_one_piece(events: list[Event]) -> list[Event]:
    """Put neighbouring pieces of text together: what came in one read is one step for everybody after."""
    joined: list[Event] = []
    for event in events:
        last = joined[-1] if joined else None
        if isinstance(event, Text) and isinstance(last, Text):
            joined[-1] = Text(last.delta + event.delta)
        else:
            joined.append(event)
    return joined


async def failure_heard(response: httpx.Response, deadlines: Deadlines) -> Failed:
    """Return the failure that a response with a bad status tells; status first, then the body for its message."""
    if response.is_redirect:
        return Failed(Fault.WEB_PAGE, f"→ {response.headers.get('location', '')}"[:2000], response.status_code)
    chunks, body = chunks_of(response), b""
    with suppress(httpx.HTTPError, DeadlinePassed):  # then what came of it is enough
        while len(body) < MAX_ERROR_BYTES and (chunk := await deadlines.wait(anext(chunks, b""))):
            body += chunk
    return failure_of(response.status_code, body[:MAX_ERROR_BYTES], retry_after(response.headers))
