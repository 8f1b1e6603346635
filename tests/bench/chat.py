"""Answers from an endpoint to open pages, against a bare proxy.

python -m tests.bench chat
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from websockets.asyncio.client import connect

from tests.bench import table
from tests.bench.servers import ROOT, free_port, serving_process
from tests.bench.world import migrated

from chat.tests.prepare_talks import prepared  # isort: skip  (after the settings)

LOADS = ((50, 100), (200, 20))  # streams, tokens a second of each
SECONDS = 10  # that all streams of a load run together
BEGINNING_S = 8  # in which they begin
FIRST_WORDS = 40  # turns, one after the other
TURNS = 2_000
TURNS_AT_ONCE = 20
WORDS_OF_TURN = 20
MOST_ADDED_MS = 10
MOST_DELAY_MS = 25
MOST_TIMES_FLOOR_CPU = 3
MOST_GROWTH = 1.1
NUMBERS = re.compile(r"w(\d+)")


@dataclass(slots=True)
class Heard:
    """When each word was first shown, in the order of words; `first_s` after the question."""

    times: list[float] = field(default_factory=list)
    first_s: float = 0
    n_frames: int = 0


class Pages:
    """Open pages of one server, of either kind."""

    def __init__(self, port: int, pid: int, upstream: str, *, sessions: dict | None = None) -> None:
        self.port, self.pid, self.upstream, self.sessions = port, pid, upstream, sessions

    def open(self, number: int) -> connect:
        if self.sessions is None:
            return connect(f"ws://127.0.0.1:{self.port}/", compression=None)
        talk = self.sessions["conversations"][number % len(self.sessions["conversations"])]
        return connect(
            f"ws://127.0.0.1:{self.port}/ws/chat/{talk}/",
            additional_headers={"Cookie": f"sessionid={self.sessions['session']}"},
            origin=f"http://127.0.0.1:{self.port}",
            compression=None,
            max_size=None,
        )

    async def turn(self, socket, rate: float, n_words: int) -> tuple[str, Heard]:
        """Ask once, and hear the answer to its end."""
        key, heard = uuid.uuid4().hex, Heard()
        question = f"{key} {rate} {n_words}"
        ask = {"op": "ask", "turn": str(uuid.uuid4()), "parent": None, "message": question}
        begin = time.monotonic()
        await socket.send(json.dumps(ask if self.sessions else {"message": question}))
        async for text in socket:
            frame = json.loads(text)
            note(frame, heard)
            if frame.get("op") == "ended":
                break
        heard.first_s = heard.times[0] - begin
        return key, heard

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """What the server holds for itself: pages of the database's file that it has mapped are the system's."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024 / 1e6

    def said(self, key: str) -> list[float]:
        with urllib.request.urlopen(f"{self.upstream.removesuffix('/v1')}/said/{key}", timeout=10) as response:
            return json.load(response)


def note(frame: dict, heard: Heard) -> None:
    now = time.monotonic()
    heard.n_frames += 1
    shown = "".join(frame.get(part, "") for part in ("html", "text", "tail"))
    shown += "".join(block["html"] for block in frame.get("blocks", []))
    n = max(map(int, NUMBERS.findall(shown)), default=-1) + 1
    heard.times += [now] * (n - len(heard.times))


@contextmanager
def talking() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.talker", str(port)], cwd=ROOT)
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    migrated()
    with talking() as upstream:
        sessions = prepared(upstream, max(streams for streams, _ in LOADS))
        product = serving_process("reviewapp.asgi:application", ENDPOINT_PRIVATE_ADDRESSES="127.0.0.1")
        floor = serving_process("tests.bench.stream_floor:application", UPSTREAM_URL=upstream)
        with product as (port, pid), floor as (floor_port, floor_pid):
            ours = Pages(port, pid, upstream, sessions=sessions)
            least = Pages(floor_port, floor_pid, upstream)
            asyncio.run(measure(ours, least))


async def measure(ours: Pages, least: Pages) -> None:
    await first_words(ours, 5), await first_words(least, 5)
    added = (await first_words(ours, FIRST_WORDS) - await first_words(least, FIRST_WORDS)) * 1000
    table.at_most("chat: first word later than the floor's, p50", added, MOST_ADDED_MS, unit="ms")
    for streams, rate in LOADS:
        (delay, cpu), (delay_least, cpu_least) = [await load(pages, streams, rate) for pages in (ours, least)]
        name = f"chat, {streams} × {rate} tokens/s"
        table.at_most(f"{name}: delay, p95", delay * 1000, MOST_DELAY_MS, unit="ms")
        table.line(f"{name}: delay of the floor, p95", table.amount(delay_least * 1000, "ms"), "", "", "", "")
        table.at_most(
            f"{name}: CPU of 1,000 tokens", cpu * 1000, MOST_TIMES_FLOOR_CPU, floor=cpu_least * 1000, unit="ms"
        )
    await memory(ours)


async def first_words(pages: Pages, number: int) -> float:
    """Return the median time from a question to the first word of its answer, in seconds."""
    times = []
    async with pages.open(0) as socket:
        for _ in range(number):
            times.append((await pages.turn(socket, 1000, 3))[1].first_s)
    return statistics.median(times)


async def load(pages: Pages, streams: int, rate: int) -> tuple[float, float]:
    """Return the 95th percentile of the words' delays while all run, and the CPU time of 1,000 words; both in seconds.

    The streams begin one after the other and end together. The CPU time is of all, with what begins and ends a turn.
    """
    sockets = [await pages.open(n) for n in range(streams)]
    before, begin = pages.cpu_s(), time.monotonic()
    lasting = [SECONDS + BEGINNING_S * (1 - n / streams) for n in range(streams)]
    deeds = (pages.turn(socket, rate, int(rate * last_s)) for socket, last_s in zip(sockets, lasting, strict=True))
    turns = await asyncio.gather(*(later(BEGINNING_S * n / streams, deed) for n, deed in enumerate(deeds)))
    cpu_s = pages.cpu_s() - before
    for socket in sockets:
        await socket.close()
    delays = [
        shown - said
        for key, heard in turns
        for shown, said in zip(heard.times, await asyncio.to_thread(pages.said, key), strict=True)
        if said > begin + BEGINNING_S
    ]
    return statistics.quantiles(delays, n=20)[-1], cpu_s / sum(int(rate * last_s) for last_s in lasting) * 1000


async def later(delay_s: float, deed):
    await asyncio.sleep(delay_s)
    return await deed


async def memory(pages: Pages) -> None:
    """Short turns, many pages at once; the first tenth fills what is kept for good."""
    await many_turns(pages, TURNS // 10)
    before = pages.memory_mb()
    await many_turns(pages, TURNS)
    after = pages.memory_mb()
    table.at_most(f"chat: memory after {TURNS:,} turns", after, MOST_GROWTH, floor=before, unit="MB")


async def many_turns(pages: Pages, number: int) -> None:
    async def talk(n: int) -> None:
        for _ in range(number // TURNS_AT_ONCE):
            async with pages.open(n) as socket:
                key, _heard = await pages.turn(socket, 10_000, WORDS_OF_TURN)
            await asyncio.to_thread(pages.said, key)

    await asyncio.gather(*(talk(n) for n in range(TURNS_AT_ONCE)))


if __name__ == "__main__":
    main()
