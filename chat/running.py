"""Turns are answered by tasks of the process, not of a socket: who goes away finds the answer when they come back.

A run ends by itself, by `stop` from any tab or process, or when the server goes; whatever came is kept.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asgiref.sync import SyncToAsync, async_to_sync
from django.db import Error

from chat import addresses, keeping, nudging, prompting, tracing
from chat.answering import Prompt, stream_answer
from chat.cleaning import cleaned
from chat.events import Ended, Event, Failed, Fault, Reason, Text
from chat.folding import Answer
from chat.logs import Log
from chat.models import Turn
from chat.models.endpoints import Target
from chat.pictures import Picture
from chat.threads import in_thread
from reviewapp.lib.sealing import CannotOpen

logger = logging.getLogger(__name__)

WRITES_EVERY_S = 0.25
BEATS_EVERY_S = 1.0
ENDS_WITHIN_S = 5  # when the server goes


@dataclass(frozen=True, slots=True)
class Job:
    turn: Turn
    target: Target | None  # None: its secret can't be opened
    prompt: Prompt


class Run:
    """A turn while it is answered."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.turn_id: UUID = job.turn.pk
        self.log = Log()
        self.picture = Picture(self.log)
        self.answer = Answer()
        self.began = time.monotonic()
        self.n_written = 0
        self.writing: asyncio.Future[None] | None = None  # what was said last is on its way to the database
        self.is_listening = True
        self.stop_asked = False
        self.loop = asyncio.get_running_loop()
        # A context of its own: what asked for it may be a request, which ends long before.
        self.task = self.loop.create_task(self.go(), context=contextvars.Context())
        self.task.add_done_callback(complain)

    async def go(self) -> None:
        try:
            await self.listen()
        except asyncio.CancelledError:
            self.task.uncancel()
            if self.stop_asked:
                self.take(Ended(Reason.STOPPED))
        finally:
            self.is_listening = False
            await self.finish()

    async def listen(self) -> None:
        if self.job.target is None:
            self.take(Failed(Fault.SECRET_LOST))
            self.take(Ended(Reason.ERROR))
            return
        endpoint = self.job.turn.conversation.endpoint
        events = stream_answer(
            self.job.target,
            self.job.prompt,
            addresses.client(),
            trace_id_paths=endpoint.trace_id_paths,
            trace_id_headers=endpoint.trace_id_headers,
        )
        async with aclosing(events):
            async for event in events:
                self.take(event)

    def take(self, event: Event) -> None:
        event = event if type(event) is Text else cleaned(event)
        self.answer.take(event, int((time.monotonic() - self.began) * 1000))
        self.log.append(event)

    def stop(self) -> None:
        """Stop it, as the person wants. What came is kept."""
        if self.is_listening and not self.stop_asked:
            self.stop_asked = True
            self.task.cancel()

    async def finish(self) -> None:
        """Write it all down, record it as a trace, and only then tell who waits for the end."""
        try:
            if self.writing:
                await asyncio.wait({self.writing})
            await in_thread(finish, self.turn_id, self.answer)
        finally:
            del runs[self.turn_id]
            self.log.close()

    def piece(self) -> keeping.Piece:
        return keeping.Piece(self.turn_id, self.n_written + 1, self.log.events[self.n_written :])


runs: dict[UUID, Run] = {}
keeper: asyncio.Task[None] | None = None
helpers: set[asyncio.Task[None]] = set()  # strong references: the loop has weak ones only


async def start(turn_id: UUID) -> None:
    """Answer a turn in this process, unless it is answered already, here or in another."""
    if turn_id not in runs:
        await asyncio.shield(helper(begin(turn_id)))  # who asked may go away in this very moment


async def begin(turn_id: UUID) -> None:
    if job := await in_thread(claim, turn_id):
        await launch(job)


async def launch(job: Job) -> None:
    """Answer a turn that was claimed."""
    runs[job.turn.pk] = Run(job)
    keep_on()
    await nudging.tell(job.turn.conversation_id, nudging.MADE, job.turn.pk)


def finish(turn_id: UUID, answer: Answer) -> None:
    if turn := keeping.finish(turn_id, answer):
        tracing.record(turn)


def claim(turn_id: UUID) -> Job | None:
    """Claim a turn, and return its job; None where it is claimed or over."""
    turn = keeping.claim(turn_id)
    return job_of(turn) if turn else None


def job_of(turn: Turn) -> Job:
    """Return all that the run of a turn needs, which must be claimed."""
    try:
        target = turn.conversation.target()
    except CannotOpen:
        target = None
    return Job(turn, target, prompting.prompt_of(turn))


def start_soon(turn_id: UUID) -> None:
    """Start from a view. Outside of a server, as in a command, there is no loop that would live on: `await start`."""
    loop = getattr(SyncToAsync.threadlocal, "main_event_loop", None)
    if loop and loop.is_running():
        async_to_sync(start)(turn_id)


def stop(turn_id: UUID) -> None:
    """Stop a turn that runs in this process; nothing where it does not. From any process: `turns.ask_to_stop`."""
    if run := runs.get(turn_id):
        run.stop()


def stop_soon(turn_id: UUID) -> None:
    """The same from another thread than the loop's."""
    if run := runs.get(turn_id):
        run.loop.call_soon_threadsafe(run.stop)


async def close() -> None:
    """End all runs because the server goes; what came is kept as interrupted."""
    tasks = [run.task for run in runs.values()]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=ENDS_WITHIN_S)


def keep_on() -> None:
    """See to it that one task, and only one, writes for all runs."""
    global keeper
    if keeper is None or keeper.done():
        keeper = helper(keep())


async def keep() -> None:
    """While anything runs, write what was said: all turns together, and never for a single token."""
    beat_at = time.monotonic()
    while runs:
        await asyncio.sleep(WRITES_EVERY_S)
        try:
            await write_news()
            if time.monotonic() >= beat_at + BEATS_EVERY_S:
                beat_at = time.monotonic()
                await beat()
        except Error as error:  # the next round writes it with what came meanwhile
            logger.warning("What running turns said could not be written yet: %s", error)


async def write_news() -> None:
    speaking = [run for run in runs.values() if run.is_listening and len(run.log) > run.n_written]
    pieces = [run.piece() for run in speaking]
    if not pieces:
        return
    writing = asyncio.ensure_future(in_thread(keeping.write, pieces))
    for run in speaking:
        run.writing = writing
    await writing
    for run, piece in zip(speaking, pieces, strict=True):
        run.n_written += len(piece.events)


async def beat() -> None:
    """Say that the turns are alive, and look whether another process asked for a stop."""
    listening = [run for run in runs.values() if run.is_listening]
    stop_asked = await in_thread(keeping.beat, [run.turn_id for run in listening])
    for run in listening:
        if stop_asked.get(run.turn_id, True):  # also where the turn was deleted
            run.stop()


def helper(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
    helpers.add(task)
    task.add_done_callback(helpers.discard)
    task.add_done_callback(complain)
    return task


def complain(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.error("A chat task failed.", exc_info=error)
