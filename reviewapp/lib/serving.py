"""The event loop that serves, for threads that have something for it and need not wait until it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import async_to_sync

LOOP: ContextVar[asyncio.AbstractEventLoop | None] = ContextVar("LOOP", default=None)  # of the request in this thread
SOON_S = 0.1

Work = Callable[[], Coroutine[Any, Any, None]]

# The names of what each loop will do.
WAITING: WeakKeyDictionary[asyncio.AbstractEventLoop, set[Hashable]] = WeakKeyDictionary()
TASKS: set[asyncio.Task[None]] = set()  # a loop by itself does not hold on to what it does


def do_soon(name: Hashable, work: Work) -> None:
    """Have the loop do the work in a moment, once for all who ask until it begins to; they give it the same name.

    Where no request is being answered, it is done on return.
    The work has to deal with its errors: nobody else hears of them.
    """
    loop = LOOP.get()
    if loop is None:
        async_to_sync(work)()
        return
    waiting = WAITING.setdefault(loop, set())
    if name not in waiting:
        waiting.add(name)
        loop.call_soon_threadsafe(loop.call_later, SOON_S, begin, waiting, name, work)


def begin(waiting: set[Hashable], name: Hashable, work: Work) -> None:
    waiting.discard(name)  # first: who asks from here on has changed something that the work may not see any more
    task = asyncio.get_running_loop().create_task(work())
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)
