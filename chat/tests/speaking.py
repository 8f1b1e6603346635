"""An endpoint on a free port that says, as OpenAI's stream, what the test tells it to, when it tells it to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Call:
    """One request, and the answer to it."""

    def __init__(self, body: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.body = body
        self.writer = writer
        self.gone = asyncio.create_task(reader.read())  # ends when who asked hangs up
        writer.write(HEAD)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.body["messages"]

    async def say(self, *deltas: str) -> None:
        for delta in deltas:
            await self.send({"choices": [{"index": 0, "delta": {"content": delta}, "finish_reason": None}]})

    async def send(self, chunk: dict[str, Any]) -> None:
        await self.write(f"data: {json.dumps(chunk)}\n\n".encode())

    async def end(self, reason: str = "stop") -> None:
        await self.send({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        await self.write(b"data: [DONE]\n\n")
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()
        self.writer.close()

    async def write(self, data: bytes) -> None:
        self.writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self.writer.drain()

    def cut(self) -> None:
        self.writer.transport.abort()


class Speaker:
    def __init__(self) -> None:
        self.calls: asyncio.Queue[Call] = asyncio.Queue()
        self.n_calls = 0
        self.open: list[Call] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        call = Call(json.loads(await reader.readexactly(length)), reader, writer)
        self.n_calls += 1
        self.open.append(call)
        await self.calls.put(call)

    async def asked(self) -> Call:
        """Wait for the next request."""
        return await asyncio.wait_for(self.calls.get(), 10)


@asynccontextmanager
async def speaking() -> AsyncIterator[tuple[Speaker, str]]:
    """Give an endpoint and its address."""
    speaker = Speaker()
    server = await asyncio.start_server(speaker.answer, "127.0.0.1", 0)
    try:
        yield speaker, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()
        for call in speaker.open:
            call.gone.cancel()
            call.writer.close()
