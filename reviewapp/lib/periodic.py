"""What the worker does again and again; rooms register it, and `manage.py run_worker` calls it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

Deed = Callable[[], object]


@dataclass(slots=True)
class Job:
    """A deed and its turn. It may be done by several workers at a time, and again after a failure."""

    deed: Deed
    every_s: float
    due_at: float = 0.0  # of this process's monotonic clock; at the start everything is due

    @property
    def name(self) -> str:
        return f"{self.deed.__module__}.{self.deed.__qualname__}"

    def is_due(self, now: float) -> bool:
        return now >= self.due_at

    def run(self) -> None:
        self.due_at = time.monotonic() + self.every_s
        self.deed()


JOBS: list[Job] = []


def periodic(*, every: timedelta) -> Callable[[Deed], Deed]:
    """Register a function that the worker is to call about so often."""

    def register(deed: Deed) -> Deed:
        JOBS.append(Job(deed, every.total_seconds()))
        return deed

    return register
