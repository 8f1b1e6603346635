"""A web server that answers with the bytes in streams/, in odd pieces; and what was heard of it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from chat.answering import Prompt, PromptMessage, stream_answer
from chat.events import Event, Reasoning, Text
from chat.models.endpoints import Target

STREAMS = Path(__file__).parent / "streams"
TYPES = {".sse": "text/event-stream; charset=utf-8", ".ndjson": "application/x-ndjson", ".json": "application/json"}
STATUSES = {
    "agentserver_badreq": 400,
    "modelsserve_chatagent_bad": 400,
    "litellm_chat_401": 400,
    "aimock_chat_429": 429,
    "litellm_chat_500": 500,
    "litellm_responses_stream": 500,
}
CUT = ("aimock_chat_disconnect", "langserve_stream_error")
SIZES = (1, 7, 2, 40, 3, 111, 5)
HI = Prompt([PromptMessage("user", "hi")], conversation_id="conv-1", turn_id="turn-1", user_id="u1")


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    body: Any
    client_port: int


@dataclass
class Replay:
    """An ASGI application: /<name of a file in streams/>/… answers with it."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)  # sent with every answer

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    async def __call__(self, scope, receive, send) -> None:
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        body += message.get("body", b"")
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        self.asked.append(Asked(scope["path"], headers, json.loads(body or b"null"), scope["client"][1]))
        await self.answer(scope["path"].split("/")[1], send)

    async def answer(self, name: str, send) -> None:
        (path,) = STREAMS.glob(f"{name}.*")
        data = path.read_bytes()
        head = {"content-type": TYPES[path.suffix]} | self.headers
        raw = [(key.encode(), value.encode()) for key, value in head.items()]
        await send({"type": "http.response.start", "status": STATUSES.get(name, 200), "headers": raw})
        for piece in pieces(data):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)
        if name in CUT:
            raise ConnectionError("cut on purpose")
        await send({"type": "http.response.body"})


def pieces(data: bytes) -> Iterator[bytes]:
    start, sizes = 0, cycle(SIZES)
    while start < len(data):
        size = next(sizes)
        yield data[start : start + size]
        start += size


@contextmanager
def replaying() -> Iterator[Replay]:
    replay = Replay()
    listening = socket.create_server(("127.0.0.1", 0))
    replay.port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(replay, log_config=None, log_level="critical", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield replay
    finally:
        server.should_exit = True
        thread.join()


async def hear(target: Target, prompt: Prompt = HI, **more: Any) -> list[Event]:
    """Ask, and return the events, neighbouring pieces of text put together."""
    async with httpx.AsyncClient(verify=False) as client:  # reading the certificates takes longer than the rest
        events = [event async for event in stream_answer(target, prompt, client, **more)]
    return together(events)


def together(events: list[Event]) -> list[Event]:
    joined: list[Event] = []
    for event in events:
        last = joined[-1] if joined else None
        if isinstance(event, Text | Reasoning) and type(last) is type(event):
            joined[-1] = type(event)(last.delta + event.delta)
        else:
            joined.append(event)
    return joined
