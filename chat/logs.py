"""What a running turn has said, numbered from 1, in this process: one writes, any number read from where they are."""

from __future__ import annotations

import asyncio

from chat.events import Event


class Log:
    """Append-only. A cursor is the number of the last event that a reader has: 0 before the first.

    Belongs to one event loop; other threads may look at it (`events`, `is_over`), and must not wait.
    """

    __slots__ = ("_waiting", "events", "is_over")

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.is_over = False
        self._waiting: set[asyncio.Future[None]] = set()

    def __len__(self) -> int:
        return len(self.events)

    def append(self, event: Event) -> None:
        self.events.append(event)
        if self._waiting:
            self._wake()

    def close(self) -> None:
        """Say that nothing more will come."""
        self.is_over = True
        self._wake()

    async def news(self, cursor: int) -> None:
        """Wait until there is more than `cursor` events, or there never will be."""
        while len(self.events) <= cursor and not self.is_over:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.add(waiting)
            try:
                await waiting
            finally:
                self._waiting.discard(waiting)

    def _wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()
