"""An endpoint that says numbered words at a steady pace, and remembers when it said each.

python -m tests.bench.talker PORT. The message is "KEY RATE NUMBER"; GET /said/KEY tells the times, in seconds of the
monotonic clock that all processes share. The words are markdown as models write it: paragraphs, lists, code.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

FIRST_WORD_AFTER_S = 0.03
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
said: dict[str, list[float]] = {}


def word(number: int) -> str:
    """Return a token; its number can be found in it, and in what is drawn of it."""
    within = number % 120
    ends = {39: "\n\n", 59: "\n- ", 69: "\n- ", 79: "\n\n```python\n", 89: "\n\n", 99: "\n```\n\n", 119: ".\n\n"}
    return f"**w{number}**{ends.get(within, ' ')}" if within % 17 == 5 else f"w{number}{ends.get(within, ' ')}"


def chunk(text: str) -> bytes:
    delta = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    data = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "bench", "choices": [delta]}
    return b"data: " + json.dumps(data).encode() + b"\n\n"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    if head.startswith("GET /said/"):
        body = json.dumps(said.pop(head.split()[1].rpartition("/")[2], [])).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    else:
        length = int(head.lower().partition("content-length:")[2].split()[0])
        asked = json.loads(await reader.readexactly(length))
        await talk(writer, *asked["messages"][-1]["content"].split())
    await writer.drain()
    writer.close()


async def talk(writer: asyncio.StreamWriter, key: str, rate: str, number: str) -> None:
    times = said[key] = []
    writer.write(HEAD)
    begin = time.monotonic() + FIRST_WORD_AFTER_S
    for n in range(int(number)):
        late = begin + n / float(rate) - time.monotonic()
        if late > 0:
            await asyncio.sleep(late)
        times.append(time.monotonic())
        writer.write(chunk(word(n)))
    end = json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    writer.write(f"data: {end}\n\ndata: [DONE]\n\n".encode())


async def main(port: int) -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
