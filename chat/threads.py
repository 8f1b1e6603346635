"""The database from async code that is no request: in threads of its own, so that turns don't queue behind one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 4
POOL = ThreadPoolExecutor(THREADS, thread_name_prefix="chat")


async def in_thread(deed: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a verb in a thread that has a connection to the database."""

    def run() -> R:
        close_old_connections()
        try:
            return deed(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(run, thread_sensitive=False, executor=POOL)()
