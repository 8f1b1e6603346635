"""The bodies of traces on their way through the event loop: counted as they arrive, refused when there is no room.

Django reads a body before any view is asked. Here it ends early where there is too much of it already.

A body that is all there waits here for its turn to be stored, for a moment: this takes none of the threads that pages
need, and a client that sends each trace by itself, ten at a time, would otherwise come again seconds later.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import connection

from traces.ingest.admission import HELD, HELD_BYTES, RETRY_AFTER_S, Overloaded

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

INTAKE = frozenset({"/v1/traces", "/v1/logs"})
LARGE = 256 * 1024  # bytes: on SQLite such bodies come one after the other; read side by side they only slow each other


class Turns:
    """Of the requests of one event loop so many have a turn; the others wait, the first come first."""

    def __init__(self, most: Callable[[], int]) -> None:
        self.most = most
        self.n = 0
        self.waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Return when it is this request's turn. Raises: Overloaded when that is not within INGEST_LOCK_WAIT_S."""
        if self.n < self.most():
            self.n += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        try:
            await asyncio.wait([turn], timeout=settings.INGEST_LOCK_WAIT_S if self.n else 0)
        finally:
            if not turn.done():
                self.waiting.remove(turn)
        if not turn.done():
            raise Overloaded("Too many requests are being stored right now.")

    def give(self) -> None:
        """Let the next one have this turn."""
        if self.waiting:
            self.waiting.popleft().set_result(None)
        else:
            self.n -= 1


class CountingBodies:
    """An ASGI application around another one."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.turns = Turns(lambda: settings.INGEST_CONCURRENCY)
        self.large = Turns(lambda: 1 if connection.vendor == "sqlite" else settings.INGEST_CONCURRENCY)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["path"] not in INTAKE:
            await self.application(scope, receive, send)
            return
        scope[HELD_BYTES] = 0
        taken: list[Turns] = []

        async def counted() -> Message:
            message = await receive()
            n = len(message.get("body", b""))
            HELD.add(n, own=scope[HELD_BYTES])
            scope[HELD_BYTES] += n
            if message["type"] == "http.request" and not message.get("more_body", False) and not taken:
                for turns in [self.large, self.turns] if scope[HELD_BYTES] >= LARGE else [self.turns]:
                    await turns.take()
                    taken.append(turns)
            return message

        def give_turns() -> None:
            while taken:
                taken.pop().give()

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                give_turns()  # what is done after the answer holds up nobody
            await send(message)

        try:
            await self.application(scope, counted, answered)
        except Overloaded as overloaded:
            await refuse(send, str(overloaded))
        finally:
            give_turns()
            HELD.release(scope[HELD_BYTES])


async def refuse(send: Send, why: str) -> None:
    said = {"error_code": "TEMPORARILY_UNAVAILABLE", "message": f"{why} Nothing was stored; send it again."}
    headers = [(b"content-type", b"application/json"), (b"retry-after", str(RETRY_AFTER_S).encode())]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(said).encode()})
