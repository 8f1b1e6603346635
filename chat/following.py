"""Turns that run in another process: read from the chunks that it writes, once for all who watch here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from chat import keeping, running, turns
from chat.logs import Log
from chat.models import Turn
from chat.pictures import Picture
from chat.threads import in_thread

LOOKS_EVERY_S = 0.25


class Mirror:
    """The log of a turn that runs elsewhere."""

    def __init__(self, turn_id: UUID) -> None:
        self.turn_id = turn_id
        self.log = Log()
        self.picture = Picture(self.log)
        self.n_watching = 0
        self.task = running.helper(self.follow())

    async def follow(self) -> None:
        try:
            while await self.read():
                await asyncio.sleep(LOOKS_EVERY_S)
        finally:
            self.log.close()

    async def read(self) -> bool:
        """Read what is new; return whether more may come."""
        rest = await in_thread(keeping.read_on, self.turn_id, len(self.log))
        for event in rest.events:
            self.log.append(event)
        if rest.is_lost:
            await in_thread(settle, self.turn_id)
        return not (rest.is_over or rest.is_lost)


mirrors: dict[UUID, Mirror] = {}


@asynccontextmanager
async def watching(turn_id: UUID) -> AsyncIterator[Picture]:
    """Give the picture of a turn, wherever it runs. Its log is over once the turn's row says it all."""
    if run := running.runs.get(turn_id):
        yield run.picture
        return
    if turn_id not in mirrors:
        mirrors[turn_id] = Mirror(turn_id)
    mirror = mirrors[turn_id]
    mirror.n_watching += 1
    try:
        yield mirror.picture
    finally:
        mirror.n_watching -= 1
        if not mirror.n_watching:
            del mirrors[turn_id]
            mirror.task.cancel()


def settle(turn_id: UUID) -> None:
    turns.settle_lost(Turn.objects.filter(pk=turn_id))
