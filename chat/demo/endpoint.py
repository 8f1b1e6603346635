"""The guide over HTTP, as OpenAI's Chat Completions: `python -m chat.demo.endpoint --port 0 --traces-to URL`.

It prints its address once it answers, and stops when its standard input ends: when who started it is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from chat.demo import spans, wire
from chat.demo.guide import EDITIONS, Edition, Guide
from chat.demo.wire import BadRequest, Request

HOST = "127.0.0.1"
FIRST_WORD_TAKES = 18  # words' time: 0.3 s at 60 words a second
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class GuideApp:
    """The ASGI application. `pace` is in words a second."""

    def __init__(self, traces_to: str, pace: float) -> None:
        self.guide = Guide()
        self.provider = spans.provider_to(traces_to)
        self.tracer = self.provider.get_tracer("chat.demo")
        self.pace = pace

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        match scope["method"], scope["path"]:
            case "GET", "/health":
                await answer_json(send, 200, {"status": "ok"})
            case "GET", "/v1/models":
                await answer_json(send, 200, wire.models(EDITIONS))
            case "POST", "/v1/chat/completions":
                await self.completions(scope, receive, send)
            case _:
                await answer_json(send, 404, wire.problem("There is nothing at this address.", "not_found"))

    async def completions(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        try:
            request = wire.parsed(await body_of(receive))
        except BadRequest as problem:
            return await answer_json(send, 400, wire.problem(str(problem), "invalid_request"))
        edition = EDITIONS.get(request.model)
        if edition is None:
            return await answer_json(send, 404, wire.problem(f"There is no model {request.model}.", "model_not_found"))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        gone = asyncio.create_task(disconnected(receive))
        try:
            with spans.agent(self.tracer, edition, request.messages, headers) as root:
                text, reason = await self.talk(edition, request, send, gone)
                spans.answered(root, text, reason, wire.usage_of(request, text))
        finally:
            gone.cancel()

    async def talk(self, edition: Edition, request: Request, send: Send, gone: asyncio.Task[None]) -> tuple[str, str]:
        """Answer at the pace of a model. Returns what was said until the end, or until nobody listened any more."""
        answer = self.guide.answer(edition, request.messages, self.tracer)
        say = self.stream if request.stream else self.whole
        with spans.chat(self.tracer, edition, request.messages) as span:
            said = await say(request, answer.text, send, gone)
            reason = "stop" if said == answer.text else "cancelled"
            spans.answered(span, said, reason, wire.usage_of(request, said))
        return said, reason

    async def whole(self, request: Request, text: str, send: Send, gone: asyncio.Task[None]) -> str:
        await asyncio.wait({gone}, timeout=(FIRST_WORD_TAKES + len(wire.words_in(text))) / self.pace)
        await answer_json(send, 200, wire.completion(request, text))
        return text

    async def stream(self, request: Request, text: str, send: Send, gone: asyncio.Task[None]) -> str:
        await start(send, 200, "text/event-stream")
        said, clock = "", asyncio.get_running_loop().time
        due = clock() + FIRST_WORD_TAKES / self.pace
        await send(body(wire.opening(request)))
        for word in wire.words_in(text):
            await asyncio.wait({gone}, timeout=max(0.0, due - clock()))
            if gone.done():
                return said
            await send(body(wire.chunk(request, word)))
            said, due = said + word, due + 1 / self.pace
        await send(body(wire.closing(request, said), more=False))
        return said


async def body_of(receive: Receive) -> bytes:
    whole = bytearray()
    while True:
        message = await receive()
        whole += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(whole)


async def disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def answer_json(send: Send, status: int, value: object) -> None:
    await start(send, status, "application/json")
    await send(body(json.dumps(value).encode(), more=False))


async def start(send: Send, status: int, kind: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})


def body(data: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


def stop_with_the_starter(server: uvicorn.Server) -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


def main() -> None:
    parser = argparse.ArgumentParser(prog="chat.demo.endpoint", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--traces-to", default="", metavar="URL", help="where its spans go, by OTLP over HTTP")
    parser.add_argument("--pace", type=float, default=60, help="words a second")
    options = parser.parse_args()
    app = GuideApp(options.traces_to, options.pace)
    listening = socket.create_server((HOST, options.port))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning", timeout_graceful_shutdown=1))
    threading.Thread(target=stop_with_the_starter, args=[server], daemon=True).start()
    print(f"http://{HOST}:{listening.getsockname()[1]}", flush=True)  # noqa: T201  # what it says when it listens
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    app.provider.shutdown()


if __name__ == "__main__":
    main()
