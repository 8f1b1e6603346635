"""Threads that answer requests: whoever finished last begins next."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Inbox = SimpleQueue["Job"]


class Job:
    """A call, and the future that gets its outcome."""

    def __init__(self, future: Future[Any], call: Callable[[], Any]) -> None:
        self.future, self.call = future, call

    def do(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.call()
        except BaseException as error:  # noqa: BLE001  whoever waits for the future gets it
            self.future.set_exception(error)
            del self  # or the error, by its traceback, would hold on to itself
        else:
            self.future.set_result(result)


class LastFirstExecutor(Executor):
    """At most so many threads, each begun when it is needed, for as long as the process lives.

    Each has a connection to the database of its own. Python's pool takes them in turns, and on SQLite a connection
    forgets its pages when another one has written: one sender of traces, served by four threads, took a quarter longer.
    """

    def __init__(self, most: int, name: str) -> None:
        self.most, self.name, self.n = most, name, 0
        self.lock = threading.Lock()
        self.idle: list[Inbox] = []
        self.waiting: deque[Job] = deque()

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        job = Job(future, lambda: function(*args, **kwargs))
        with self.lock:
            if self.idle:
                self.idle.pop().put(job)
            elif self.n < self.most:
                self.n += 1
                inbox: Inbox = SimpleQueue()
                inbox.put(job)
                threading.Thread(target=self.work, args=[inbox], name=f"{self.name}_{self.n}", daemon=True).start()
            else:
                self.waiting.append(job)
        return future

    def work(self, inbox: Inbox) -> None:
        while True:
            inbox.get().do()
            self.go_on(inbox)

    def go_on(self, inbox: Inbox) -> None:
        """Take the job that has waited longest; where there is none the thread is idle."""
        with self.lock:
            if self.waiting:
                inbox.put(self.waiting.popleft())
            else:
                self.idle.append(inbox)
