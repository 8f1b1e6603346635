"""A server that speaks OpenAI Chat Completions and does, by the first part of the address, one thing wrong.

It writes to the socket itself, so that it can break what no web server breaks. One function a fault; the
address is /<name of the function>/v1/chat/completions. `FaultServer.counts` says how often each was asked.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

Write = Callable[["Connection"], Awaitable[None]]
FAULTS: dict[str, Write] = {}
WORDS = ["Hel", "lo ", "wörld ", "✓ 你好 🎉"]
WHOLE = "".join(WORDS)


class Connection:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gone: asyncio.Event, hung_up: asyncio.Event
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.gone = gone  # the test is over: a stall ends
        self.hung_up = hung_up

    async def head(self, status="200 OK", kind="text/event-stream", extra="", chunked=True) -> None:
        framing = "transfer-encoding: chunked" if chunked else "connection: close"
        await self.raw(f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n{framing}\r\n{extra}\r\n".encode())

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def chunk(self, data: bytes) -> None:
        await self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    async def stream(self, parts, *, ends=True, **head: Any) -> None:
        await self.head(**head)
        for part in parts:
            await self.chunk(part)
            await asyncio.sleep(0)
        if ends:
            await self.chunk(b"")

    async def body(self, body: bytes, status="200 OK", kind="application/json", extra="") -> None:
        head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{extra}\r\n"
        await self.raw(head.encode() + body)

    async def stall(self) -> None:
        """Say nothing until the client hangs up."""
        waits = [asyncio.ensure_future(self.reader.read()), asyncio.ensure_future(self.gone.wait())]
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        if waits[0] in done:
            self.hung_up.set()
        for wait in waits:
            wait.cancel()


def fault(write: Write) -> Write:
    FAULTS[write.__name__] = write
    return write


def piece(delta: dict[str, Any], finish_reason: str | None = None, **more: Any) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return json.dumps(NAMED | {"choices": [choice]} | more, ensure_ascii=False)


def event(data: str) -> bytes:
    return f"data: {data}\n\n".encode()


NAMED = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
DONE = b"data: [DONE]\n\n"
FINISH = event(piece({}, "stop"))
OK = [event(piece({"role": "assistant", "content": ""})), *(event(piece({"content": word})) for word in WORDS), FINISH]
OK.append(DONE)
BEGINNING = OK[:3]  # two words
COMPLETION = {
    **NAMED,
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": WHOLE}, "finish_reason": "stop"}],
}


class FaultServer:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.gone = asyncio.Event()
        self.asked = asyncio.Event()
        self.hung_up = asyncio.Event()  # a client left while it was waiting
        self.bodies: list[dict[str, Any]] = []
        self.port = 0
        self.tasks: set[asyncio.Task] = set()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}/v1"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self.tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self.answer(reader, writer)
        with suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()
        self.tasks.discard(task)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").lower().split("\r\n")
        n_bytes = next((int(line.partition(":")[2]) for line in head if line.startswith("content-length:")), 0)
        self.bodies.append(json.loads(await reader.readexactly(n_bytes)))
        name = head[0].split(" ")[1].split("/")[1]
        self.counts[name] += 1
        self.asked.set()
        connection = Connection(reader, writer, self.gone, self.hung_up)
        if name.endswith("_once") and self.counts[name] > 1:
            await connection.stream(OK)
        else:
            await FAULTS[name](connection)


@asynccontextmanager
async def fault_server() -> AsyncIterator[FaultServer]:
    faults = FaultServer()
    server = await asyncio.start_server(faults.handle, "127.0.0.1", 0)
    faults.port = server.sockets[0].getsockname()[1]
    try:
        yield faults
    finally:
        faults.gone.set()
        server.close()
        await asyncio.gather(*faults.tasks)
