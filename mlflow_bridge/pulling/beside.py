"""Pulls beside the rest of the worker: a slow server holds up nobody else's traces, and no delivery."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self
from uuid import UUID

from django.db import connections

from mlflow_bridge.models import Connection
from mlflow_bridge.pulling.due import due, take_turn

logger = logging.getLogger(__name__)

AT_ONCE = 4  # servers


class Pulls:
    """`with Pulls(stopped) as pulls:` and `pulls.begin_due()` again and again. On leaving, turns end where they may."""

    def __init__(self, stopped: threading.Event) -> None:
        self.stopped = stopped
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pull")
        self.running: dict[UUID, Future[int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stopped.set()
        self.pool.shutdown()

    def begin_due(self) -> None:
        """Begin the turns that are due, and look after those that have ended."""
        self.look_after()
        for connection in due():
            if connection.pk not in self.running:
                self.running[connection.pk] = self.pool.submit(self.turn, connection)

    def look_after(self) -> None:
        for key in [key for key, turn in self.running.items() if turn.done()]:
            if error := self.running.pop(key).exception():
                logger.error("Pulling from connection %s failed", key, exc_info=error)

    def turn(self, connection: Connection) -> int:
        try:
            return take_turn(connection, goes_on=lambda: not self.stopped.is_set())
        finally:
            connections.close_all()  # this thread's

    def wait(self) -> None:
        """Wait for the turns that were begun."""
        wait(self.running.values())
        self.look_after()
