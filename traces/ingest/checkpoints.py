"""What SQLite has in its write-ahead log is copied to the database beside the requests, and not within one of them.

Left to itself SQLite copies 32 MB at the end of the commit that fills its log (`wal_autocheckpoint`), and whoever sent
that body waits for the disk. It still does so where this falls behind.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import DatabaseError, connection

EVERY = 3 * 1024 * 1024  # bytes of bodies: less often, more is left to commits; more often, pages are copied in vain

logger = logging.getLogger(__name__)


class Checkpoints:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.thread = ThreadPoolExecutor(1, "checkpoint")  # begun when it is needed, with a connection of its own
        self.bytes = 0

    def stored(self, n: int) -> Future[None] | None:
        """Count a body of so many bytes that was stored; return the copying where it is time for it."""
        with self.lock:
            self.bytes += n
            if self.bytes < EVERY or connection.vendor != "sqlite":
                return None
            self.bytes = 0
        return self.thread.submit(copy_log)


def copy_log() -> None:
    """Copy what no reader needs in the log any more. Waits for nobody, and nobody waits for it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except DatabaseError:  # the disk is full, say: the commit that fills the log will say so to its sender
        logger.exception("The write-ahead log could not be copied.")
        connection.close()


CHECKPOINTS = Checkpoints()
