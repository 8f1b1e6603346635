"""The faults of `fault_server`, one function each."""

from __future__ import annotations

import asyncio
import json
import zlib

from chat.tests.fault_server import (
    BEGINNING,
    COMPLETION,
    DONE,
    FAULTS,
    FINISH,
    NAMED,
    OK,
    WORDS,
    Connection,
    event,
    fault,
    piece,
)

__all__ = ["FAULTS", "WORDS"]


@fault
async def ok(to: Connection) -> None:
    await to.stream(OK)


# How a stream may be written


@fault
async def crlf(to: Connection) -> None:
    await to.stream([part.replace(b"\n", b"\r\n") for part in OK])


@fault
async def cr_only(to: Connection) -> None:
    await to.stream([part.replace(b"\n", b"\r") for part in OK])


@fault
async def crlf_split(to: Connection) -> None:
    parts = [part.replace(b"\n", b"\r\n") for part in OK]
    await to.stream([cut for part in parts for cut in (part[:-3], part[-3:-2], part[-2:-1], part[-1:])])


@fault
async def byte_by_byte(to: Connection) -> None:
    await to.stream([bytes([byte]) for byte in b"".join(OK)])


@fault
async def keepalive(to: Connection) -> None:
    await to.stream(
        [b": ping\n\n", b":\n\n", *OK[:2], b"data:  \n\ndata:\n\n", b": OPENROUTER PROCESSING\n\n", *OK[2:]]
    )


@fault
async def retry_only(to: Connection) -> None:
    await to.stream([b"retry: 3000\n\n", *OK])


@fault
async def id_lines(to: Connection) -> None:
    await to.stream([b"id: %d\n%b" % (n, part) for n, part in enumerate(OK)])


@fault
async def gzip_stream(to: Connection) -> None:
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) for part in OK]
    await to.stream([*parts, packer.flush()], extra="content-encoding: gzip\r\n")


@fault
async def gzip_bomb(to: Connection) -> None:
    packer = zlib.compressobj(1, wbits=31)
    mega = b"data: " + b" " * 1024 * 1024 + b"\n\n"
    packed = b"".join([*(packer.compress(mega) for _ in range(40)), packer.flush()])
    await to.stream([packed], extra="content-encoding: gzip\r\n")


@fault
async def not_gzip(to: Connection) -> None:
    await to.stream(OK, extra="content-encoding: gzip\r\n")


@fault
async def brotli(to: Connection) -> None:
    await to.stream(OK, extra="content-encoding: br\r\n")


@fault
async def huge(to: Connection) -> None:
    await to.stream([*OK[:2], event(piece({"content": "x" * 5_000_000})), *OK[2:]])


@fault
async def multiline_data(to: Connection) -> None:
    def indented(part: bytes) -> bytes:
        text = json.dumps(json.loads(part[6:]), indent=1, ensure_ascii=False)
        return "".join(f"data: {line}\n" for line in text.split("\n")).encode() + b"\n"

    await to.stream([*(indented(part) for part in OK[:-1]), DONE])


@fault
async def nospace(to: Connection) -> None:
    await to.stream([part.replace(b"data: ", b"data:") for part in OK])


@fault
async def bom(to: Connection) -> None:
    await to.stream([b"\xef\xbb\xbf" + OK[0], *OK[1:]])


@fault
async def u2028(to: Connection) -> None:
    await to.stream([*OK[:2], event(piece({"content": "a\u2028b\u0085c"})), *OK[2:]])


@fault
async def bad_utf8(to: Connection) -> None:
    await to.stream([*OK[:2], event(piece({"content": "??"})).replace(b"??", b"\xff\xfe"), *OK[2:]])


@fault
async def half_emojis(to: Connection) -> None:
    halves = [
        r'{"choices":[{"index":0,"delta":{"content":"a\ud83c"}}]}',
        r'{"choices":[{"delta":{"content":"\udf89b\u0000"}}]}',
    ]
    await to.stream([OK[0], *map(event, halves), FINISH, DONE])


@fault
async def wrong_ct(to: Connection) -> None:
    await to.stream(OK, kind="text/plain")


@fault
async def html_ct(to: Connection) -> None:
    await to.stream([b"".join(OK)[:3], b"".join(OK)[3:]], kind="text/html; charset=utf-8")


# How a stream may end


@fault
async def no_done(to: Connection) -> None:
    await to.stream(OK[:-1])


@fault
async def no_done_no_finish(to: Connection) -> None:
    await to.stream(OK[:-2])


@fault
async def no_trailing_blank(to: Connection) -> None:
    await to.stream([*OK[:-2], FINISH[:-1]])


@fault
async def after_done(to: Connection) -> None:
    await to.stream([*OK, event(piece({"content": "LATE"}))])


@fault
async def two_dones(to: Connection) -> None:
    await to.stream([*OK, DONE])


@fault
async def dup_final(to: Connection) -> None:
    await to.stream([*OK[:-2], event(json.dumps(COMPLETION)), DONE])


@fault
async def held_open(to: Connection) -> None:
    await to.stream(OK, ends=False)
    await to.stall()


@fault
async def disconnect(to: Connection) -> None:
    await to.stream(BEGINNING, ends=False)


@fault
async def disconnect_http10(to: Connection) -> None:
    await to.head(chunked=False)
    await to.raw(b"".join(BEGINNING))


@fault
async def rst(to: Connection) -> None:
    await to.stream(BEGINNING, ends=False)
    await asyncio.sleep(0.05)  # what was sent is thrown away otherwise
    to.writer.transport.abort()


@fault
async def cut_after_finish(to: Connection) -> None:
    await to.stream(OK[:-1], ends=False)


@fault
async def finish_held_open(to: Connection) -> None:
    await to.stream(OK[:-1], ends=False)
    await to.stall()


@fault
async def only_half_a_tag(to: Connection) -> None:
    await to.stream([event(piece({"content": "<thin"})), FINISH, DONE])


# What may stand in a stream


@fault
async def bad_json(to: Connection) -> None:
    await to.stream([*BEGINNING, b'data: {"id":"c1","choices":[{"index":0,"delta":{"content":"x"\n\n', *OK[3:]])


@fault
async def only_bad_json(to: Connection) -> None:
    await to.stream([b'data: {"id":\n\n', DONE])


@fault
async def empty_choices(to: Connection) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    last = event(json.dumps({**NAMED, "choices": [], "usage": usage}))
    await to.stream([*OK[:2], event(json.dumps({**NAMED, "choices": []})), *OK[2:-1], last, DONE])


@fault
async def null_content(to: Connection) -> None:
    await to.stream([*OK[:2], event(piece({"content": None})), event(piece({})), *OK[2:]])


@fault
async def odd_shapes(to: Connection) -> None:
    odd = [
        "[1, 2]",
        "3",
        '"text"',
        "null",
        '{"choices": 7}',
        '{"choices": ["x"]}',
        '{"choices": [{"delta": "x"}]}',
        "[" * 9999,
    ]
    await to.stream([*OK[:2], *map(event, odd), event(piece({"content": 5})), *OK[2:]])


@fault
async def err_obj(to: Connection) -> None:
    error = {"error": {"message": "engine died", "type": "server_error", "code": 500}}
    await to.stream([*BEGINNING, event(json.dumps(error)), DONE])


@fault
async def err_str(to: Connection) -> None:
    await to.stream([*BEGINNING, event('{"error":"agent exploded"}'), DONE])


@fault
async def err_event(to: Connection) -> None:
    await to.stream([*BEGINNING, b'event: error\ndata: {"message":"boom","code":"x"}\n\n'])


@fault
async def err_plain(to: Connection) -> None:
    await to.stream([*BEGINNING, b"data: Internal Server Error\n\n"])


@fault
async def err_busy(to: Connection) -> None:
    await to.stream([*BEGINNING, event('{"error":{"type":"overloaded_error","message":"Overloaded"}}')])


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
