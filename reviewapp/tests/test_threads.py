"""Threads of which the last to finish is the next to begin: reviewapp/lib/threads.py"""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import wait

import pytest

from reviewapp.lib.threads import LastFirstExecutor


def name() -> str:
    return threading.current_thread().name


@pytest.fixture
def threads() -> LastFirstExecutor:
    return LastFirstExecutor(2, "test")


@pytest.fixture
def gate() -> threading.Event:
    gate = threading.Event()
    yield gate
    gate.set()


def until_idle(threads: LastFirstExecutor, n: int) -> None:
    """A future is done a moment before its thread is idle."""
    for _ in range(5_000):
        if len(threads.idle) == n:
            return
        threading.Event().wait(0.001)
    raise AssertionError("the threads are still at work")


def test_one_after_the_other_all_are_done_by_the_same_thread(threads):
    names = set()
    for _ in range(20):
        names.add(threads.submit(name).result(5))
        until_idle(threads, 1)

    assert names == {"test_1"}


def test_who_finished_last_begins_next(threads, gate):
    first = threads.submit(lambda: gate.wait(5) and name())
    assert threads.submit(name).result(5) == "test_2"
    until_idle(threads, 1)
    gate.set()
    assert first.result(5) == "test_1"
    until_idle(threads, 2)

    assert threads.submit(name).result(5) == "test_1"


def test_what_finds_no_thread_waits_for_its_turn(threads, gate):
    done = []
    held = [threads.submit(gate.wait, 5) for _ in range(2)]
    waiting = [threads.submit(done.append, n) for n in range(5)]
    cancelled = threads.submit(done.append, "never")
    assert cancelled.cancel()
    assert not any(each.done() for each in waiting)

    gate.set()
    wait([*held, *waiting], timeout=5)
    until_idle(threads, 2)
    assert sorted(done) == [0, 1, 2, 3, 4]
    assert threads.n == 2


def test_an_error_goes_to_who_waits_and_the_thread_goes_on(threads):
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 / 0).result(5)
    until_idle(threads, 1)

    assert threads.submit(name).result(5) == "test_1"


def test_an_idle_thread_holds_on_to_nothing(threads):
    class Answer:
        pass

    answer = Answer()
    gone = weakref.ref(answer)
    done = threads.submit(lambda given: given, answer)
    assert done.result(5) is answer
    until_idle(threads, 1)
    del answer, done

    assert gone() is None
