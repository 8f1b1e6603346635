"""How much is taken in at a time: what is beyond that is refused at once, and sent again by its sender.

Refusing costs nothing; a queue without an end costs memory, and each in it waits longer than its sender does. Bounded
are, for each process, the requests that store at the same time and the bytes of bodies that are held meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connection, transaction

RETRY_AFTER_S = 2
HELD_BYTES = "reviewapp.held_bytes"  # in the ASGI scope: what this request's body has been counted for


class Overloaded(Exception):
    """There is no room now; the message says what is short."""


class Held:
    """Bytes that requests of this process hold. A request that is alone may hold any number."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.bytes = 0
        self.requests = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take one of the places for requests that store; raises Overloaded."""
        with self.lock:
            if self.requests >= settings.INGEST_CONCURRENCY:
                raise Overloaded("Too many requests are being stored right now.")
            self.requests += 1
        try:
            yield
        finally:
            with self.lock:
                self.requests -= 1

    def add(self, n: int, *, own: int = 0) -> None:
        """Hold more bytes; `own` is what the same request holds already. Raises Overloaded, and holds nothing more."""
        with self.lock:
            others = self.bytes - own
            if others > 0 and self.bytes + n > settings.INGEST_BYTES_IN_FLIGHT:
                raise Overloaded("Too much is being stored right now.")
            self.bytes += n

    def release(self, n: int) -> None:
        with self.lock:
            self.bytes -= n


HELD = Held()
WRITES_SQLITE = threading.Lock()


@contextmanager
def holding(n: int, *, own: int = 0) -> Iterator[None]:
    HELD.add(n, own=own)
    try:
        yield
    finally:
        HELD.release(n)


@contextmanager
def waiting_for_locks(seconds: int) -> Iterator[None]:
    """Let writes of this thread wait so long for others, and no longer: then they raise OperationalError."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds}s"])
            yield
    else:
        with _turn_on_sqlite(seconds):
            yield


@contextmanager
def _turn_on_sqlite(seconds: int) -> Iterator[None]:
    """SQLite lets one write at a time, and those that wait look again every now and then: here they wait in line."""
    if not WRITES_SQLITE.acquire(timeout=seconds):
        raise OperationalError("database is locked")
    try:
        connection.ensure_connection()
        sqlite = connection.connection
        usual_s = connection.settings_dict["OPTIONS"].get("timeout", 5)
        sqlite.execute(f"PRAGMA busy_timeout = {seconds * 1000:d}")
        try:
            yield
        finally:
            sqlite.execute(f"PRAGMA busy_timeout = {usual_s * 1000:d}")
    finally:
        WRITES_SQLITE.release()
