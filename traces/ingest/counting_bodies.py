"""The bodies of traces on their way through the event loop: counted as they arrive, refused when there is no room.

Django reads a body before any view is asked. Here it ends early where there is too much of it already.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from traces.ingest.admission import HELD, HELD_BYTES, RETRY_AFTER_S, Overloaded

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

INTAKE = frozenset({"/v1/traces", "/v1/logs"})


class CountingBodies:
    """An ASGI application around another one."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["path"] not in INTAKE:
            await self.application(scope, receive, send)
            return
        scope[HELD_BYTES] = 0

        async def counted() -> Message:
            message = await receive()
            n = len(message.get("body", b""))
            HELD.add(n, own=scope[HELD_BYTES])
            scope[HELD_BYTES] += n
            return message

        try:
            await self.application(scope, counted, send)
        except Overloaded as overloaded:
            await refuse(send, str(overloaded))
        finally:
            HELD.release(scope[HELD_BYTES])


async def refuse(send: Send, why: str) -> None:
    said = {"error_code": "TEMPORARILY_UNAVAILABLE", "message": f"{why} Nothing was stored; send it again."}
    headers = [(b"content-type", b"application/json"), (b"retry-after", str(RETRY_AFTER_S).encode())]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(said).encode()})
