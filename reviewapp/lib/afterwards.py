"""Work that is done once an answer is sent, in time that nobody else waits for.

`reviewapp.handler` does it; elsewhere, as in tests of views, it is left undone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from django.http.response import HttpResponseBase

Job = Callable[[], None]
R = TypeVar("R", bound=HttpResponseBase)
JOBS: WeakKeyDictionary[HttpResponseBase, Job] = WeakKeyDictionary()


def afterwards(response: R, job: Job) -> R:
    """Return the response, and remember what may be done when it is on its way: to save time, and for nothing else."""
    JOBS[response] = job
    return response


def job_after(response: HttpResponseBase) -> Job | None:
    return JOBS.pop(response, None)
