"""The task that asks a batch's questions, a few at a time. It is of the process, as turns are; see chat.batching."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from asgiref.sync import SyncToAsync, async_to_sync

from chat import batching, running
from chat.threads import in_thread
from chat.turns import TurnRefused

logger = logging.getLogger(__name__)

AT_ONCE = 3  # answers of one batch
IN_A_ROW = 5  # failures, after which asking on would only fail more


class Worker:
    """One batch in this process."""

    def __init__(self, batch_id: UUID) -> None:
        self.batch_id = batch_id
        self.tried: set[int] = set()
        self.n_failed_in_a_row = 0
        self.is_held = False
        self.task = running.helper(self.work())

    async def work(self) -> None:
        try:
            await asyncio.gather(*(self.ask_on() for _ in range(AT_ONCE)))
        finally:
            del workers[self.batch_id]

    async def ask_on(self) -> None:
        """Ask one question after the other, until none is left, somebody holds it, or nothing works."""
        while not self.is_held and self.n_failed_in_a_row < IN_A_ROW:
            try:
                asked = await in_thread(batching.ask_next, self.batch_id, frozenset(self.tried))
            except TurnRefused as refusal:
                logger.warning("Batch %s can't go on: %s", self.batch_id, refusal)
                return
            if asked is None:
                return
            question_id, turn_id = asked
            self.tried.add(question_id)
            await running.start(turn_id)
            await ended(turn_id)
            is_answered = await in_thread(batching.is_answered, turn_id)
            self.n_failed_in_a_row = 0 if is_answered else self.n_failed_in_a_row + 1


workers: dict[UUID, Worker] = {}


async def ended(turn_id: UUID) -> None:
    """Wait until a turn that runs in this process is over and recorded."""
    if run := running.runs.get(turn_id):
        await asyncio.wait({run.task})


async def start(batch_id: UUID) -> None:
    """Go on with a batch, unless this process does so already."""
    if batch_id in workers:
        return
    workers[batch_id] = Worker(batch_id)


def start_soon(batch_id: UUID) -> None:
    """Start from a view. Outside of a server there is no loop that would live on: `await start`."""
    loop = getattr(SyncToAsync.threadlocal, "main_event_loop", None)
    if loop and loop.is_running():
        async_to_sync(start)(batch_id)


def hold(batch_id: UUID) -> None:
    """Ask nothing more; what is being answered goes on to its end."""
    if worker := workers.get(batch_id):
        worker.is_held = True
