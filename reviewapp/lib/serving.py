"""The event loop that serves, for threads that have something for it and need not wait until it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

from asgiref.sync import async_to_sync

LOOP: ContextVar[asyncio.AbstractEventLoop | None] = ContextVar("LOOP", default=None)  # of the request in this thread


def do_in_loop(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Have the loop do the work soon; where no request is being answered, it is done on return.

    The work has to deal with its errors: nobody else hears of them.
    """
    loop = LOOP.get()
    if loop is None:
        async_to_sync(work)()
    else:
        asyncio.run_coroutine_threadsafe(work(), loop)
