"""What comes too late, instead of a stream, or with a bad status: faults of `fault_server`, one function each."""

from __future__ import annotations

import asyncio
import json

from chat.tests.fault_server import (
    BEGINNING,
    COMPLETION,
    DONE,
    FINISH,
    OK,
    Connection,
    event,
    fault,
    piece,
)

# How it may take too long


@fault
async def no_head(to: Connection) -> None:
    await to.stall()


@fault
async def head_only(to: Connection) -> None:
    await to.head()
    await to.stall()


@fault
async def pings_only(to: Connection) -> None:
    await to.head()
    await pinging(to)


@fault
async def stall(to: Connection) -> None:
    await to.stream(BEGINNING, ends=False)
    await to.stall()


@fault
async def stall_pings(to: Connection) -> None:
    await to.stream(BEGINNING, ends=False)
    await pinging(to)


@fault
async def never_ending(to: Connection) -> None:
    await to.head()
    while not to.gone.is_set():
        await to.chunk(OK[1])
        await asyncio.sleep(0.02)


async def pinging(to: Connection) -> None:
    while not to.gone.is_set():
        await to.chunk(b": ping\n\n")
        await to.chunk(b'event: ping\ndata: {"type": "ping"}\n\n')
        await asyncio.sleep(0.02)


# What may come instead of a stream


@fault
async def json_body(to: Connection) -> None:
    await to.body(json.dumps(COMPLETION, indent=1).encode())


@fault
async def json_cut(to: Connection) -> None:
    await to.raw(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{"choices": [')


@fault
async def other_json(to: Connection) -> None:
    await to.body(b'{"predictions": [1, 2]}')


@fault
async def plain_text(to: Connection) -> None:
    await to.body(b"It works!", kind="text/plain")


@fault
async def html_200(to: Connection) -> None:
    await to.body(b"<html><head><title>x</title></head><body>Login</body></html>", kind="text/html")


@fault
async def redirect(to: Connection) -> None:
    await to.body(b"", "302 Found", extra="location: https://login.example.org/\r\n")


@fault
async def nothing(to: Connection) -> None:
    await to.stream([])


@fault
async def no_words(to: Connection) -> None:
    await to.stream([OK[0], FINISH, DONE])


@fault
async def hang_up(to: Connection) -> None:
    """An empty reply."""


@fault
async def not_http(to: Connection) -> None:
    await to.raw(b"SSH-2.0-OpenSSH_9.6\r\n")


@fault
async def too_large(to: Connection) -> None:
    await to.head()
    for _ in range(9):
        await to.chunk(b"data: " if _ == 0 else b"x" * 1024 * 1024)


@fault
async def endless(to: Connection) -> None:
    word = event(piece({"content": "x" * 1024 * 1024}))
    await to.stream([word] * 40)


# Statuses


@fault
async def e429(to: Connection) -> None:
    error = b'{"error":{"message":"slow down","type":"rate_limit_error"}}'
    await to.body(error, "429 Too Many Requests", extra="retry-after: 0.01\r\n")


@fault
async def e429_once(to: Connection) -> None:
    await e429(to)


@fault
async def e429_long(to: Connection) -> None:
    await to.body(b"{}", "429 Too Many Requests", extra="retry-after: 60\r\n")


@fault
async def e503_html(to: Connection) -> None:
    await to.body(b"<h1>503</h1>", "503 Service Unavailable", "text/html", "retry-after: 0.01\r\n")


@fault
async def e500_sse(to: Connection) -> None:
    error = event('{"error":{"message":"Error processing stream start","code":"500"}}')
    await to.stream([error, DONE], status="500 Internal Server Error")


@fault
async def e400_trace(to: Connection) -> None:
    body = {
        "error_code": "BAD_REQUEST",
        "message": "Verify the input.",
        "stack_trace": "Traceback (most recent call last)",
    }
    await to.body(json.dumps(body).encode(), "400 Bad Request")


@fault
async def e401_echo(to: Connection) -> None:
    await to.body(b'{"error":{"message":"Incorrect API key: sk-very-secret"}}', "401 Unauthorized")


@fault
async def e502_cut(to: Connection) -> None:
    await to.raw(b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/plain\r\ncontent-length: 99\r\n\r\nno upstream")


@fault
async def e500_stall(to: Connection) -> None:
    await to.raw(b"HTTP/1.1 500 Oops\r\ncontent-type: text/plain\r\ncontent-length: 99\r\n\r\nno upstream")
    await to.stall()


@fault
async def e404(to: Connection) -> None:
    await to.body(b'{"detail":"Not Found"}', "404 Not Found")


@fault
async def e400_model(to: Connection) -> None:
    await to.body(b'{"error":{"message":"no model m","code":"model_not_found"}}', "400 Bad Request")


@fault
async def e422(to: Connection) -> None:
    await to.body(b'{"detail":[{"loc":["body"],"msg":"Field required"}]}', "422 Unprocessable Entity")
