"""Streams that are written, end or fail in their own way: faults of `fault_server`, one function each."""

from __future__ import annotations

import asyncio
import json
import zlib

from chat.tests.fault_server import (
    BEGINNING,
    COMPLETION,
    DONE,
    FINISH,
    NAMED,
    OK,
    Connection,
    event,
    fault,
    piece,
)


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
