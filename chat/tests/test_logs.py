from __future__ import annotations

import asyncio
import random

from chat.events import Text
from chat.logs import Log


async def read_all(log: Log, cursor: int = 0, *, pauses: random.Random | None = None) -> list[str]:
    """Read like a socket does: whatever is new, then perhaps a pause."""
    read = []
    while True:
        await log.news(cursor)
        new = log.events[cursor:]
        read += [event.delta for event in new]
        cursor += len(new)
        if log.is_over and cursor == len(log):
            return read
        for _ in range(pauses.randrange(6) if pauses else 0):
            await asyncio.sleep(0)


async def test_every_reader_reads_everything_once_however_slow_it_is():
    log = Log()
    readers = [asyncio.create_task(read_all(log, pauses=random.Random(seed))) for seed in range(20)]
    chance = random.Random(7)
    said = [str(n) for n in range(500)]

    for delta in said:
        log.append(Text(delta))
        if chance.random() < 0.5:
            await asyncio.sleep(0)
    log.close()

    for reader in readers:
        assert await reader == said


async def test_a_late_reader_goes_on_from_its_cursor():
    log = Log()
    for n in range(10):
        log.append(Text(str(n)))
    log.close()

    assert await read_all(log, cursor=7) == ["7", "8", "9"]


async def test_a_reader_waits_for_what_its_cursor_does_not_have():
    log = Log()
    waiting = asyncio.create_task(log.news(2))
    log.append(Text("1"))
    log.append(Text("2"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()

    log.append(Text("3"))

    await waiting


async def test_who_waits_hears_of_the_end():
    log = Log()
    waiting = asyncio.create_task(log.news(0))
    await asyncio.sleep(0)

    log.close()

    await waiting
    await log.news(100)  # nor does anybody wait afterwards


async def test_a_reader_that_goes_takes_no_other_with_it_and_leaves_nothing_behind():
    log = Log()
    going, staying = (asyncio.create_task(log.news(0)) for _ in range(2))
    await asyncio.sleep(0)

    going.cancel()
    await asyncio.wait({going})
    assert len(log._waiting) == 1

    log.append(Text("1"))
    await staying
    assert not log._waiting
