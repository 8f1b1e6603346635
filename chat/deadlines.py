"""The three deadlines of an answer, on one timer: nothing is set or cancelled per piece of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from chat.events import Fault
from chat.models.endpoints import Target

T = TypeVar("T")
# After the endpoint said how the answer ended, for what may follow (usage, a trace id) and the end mark.
FINISH_S = 3


class DeadlinePassed(Exception):  # noqa: N818 - it says what happened
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class Deadlines:
    """Runs from `start` to `stop`. Only what is awaited by `wait` is interrupted, never who reads the answer."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.loop = asyncio.get_running_loop()
        self.started_at = self.moved_at = self.loop.time()
        self.has_moved = False
        self.idle_s = target.idle_timeout_s
        self.task: asyncio.Task[Any] | None = None  # while it waits
        self.passed: Fault | None = None
        self.timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to wait for the first data; once more after a retry, with the total still running."""
        self.moved_at = self.loop.time()
        self.look()

    def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def moved(self) -> None:
        """Data came."""
        self.moved_at = self.loop.time()
        if not self.has_moved:
            self.has_moved = True
            self.look()  # the next deadline may be nearer than the first one was

    def finish_soon(self) -> None:
        """Wait less long: all that matters is here, and some endpoints leave the connection open."""
        if self.idle_s > FINISH_S:
            self.idle_s = FINISH_S
            self.look()

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """Return what is awaited. Raises: DeadlinePassed, and whatever it raises."""
        self.task = task = asyncio.current_task()
        try:
            return await awaitable
        except asyncio.CancelledError:
            if self.passed is None or task is None or task.uncancel() > 0:  # somebody else cancelled
                raise
            raise DeadlinePassed(self.passed) from None
        finally:
            self.task = None

    def look(self) -> None:
        """Interrupt who waits if a deadline has passed, else look again when the next one could have."""
        self.stop()
        now = self.loop.time()
        if self.task is None and self.has_moved:  # the answer is being handled: the endpoint is not to blame
            self.moved_at = now
        until, fault = min(self.deadlines())
        if now < until or self.task is None:
            self.timer = self.loop.call_at(max(until, now + 0.05), self.look)
            return
        self.passed = fault
        self.task.cancel()

    def deadlines(self) -> list[tuple[float, Fault]]:
        total = (self.started_at + self.target.total_timeout_s, Fault.TOO_LONG)
        if self.has_moved:
            return [total, (self.moved_at + self.idle_s, Fault.STALLED)]
        return [total, (self.moved_at + self.target.first_byte_timeout_s, Fault.SLOW_START)]
