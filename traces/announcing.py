"""Telling other rooms, which this one knows nothing of, what came in and what was said.

A room registers a listener: `on_arrival` for traces, `on_assessed` for assessments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arrival:
    """A trace of which something was just stored; `session_id` where what came says it."""

    trace_id: str
    session_id: str = ""


ArrivalListener = Callable[[Sequence[Arrival]], None]
AssessedListener = Callable[[Sequence[str]], None]

ARRIVAL_LISTENERS: list[ArrivalListener] = []
ASSESSED_LISTENERS: list[AssessedListener] = []


def on_arrival(listener: ArrivalListener) -> ArrivalListener:
    """Register what is to happen once spans or traces are committed, before they are acknowledged.

    A listener that fails makes the sender send again: it is called at least once for all that is kept.
    """
    ARRIVAL_LISTENERS.append(listener)
    return listener


def on_assessed(listener: AssessedListener) -> AssessedListener:
    """Register what is to happen, in the same transaction, where people here say something or take it back.

    It gets the ids of assessments that were written, corrected in place, hold again or are not valid any more.
    Imports are not told.
    """
    ASSESSED_LISTENERS.append(listener)
    return listener


def announce_arrivals(arrivals: Sequence[Arrival]) -> None:
    for listener in ARRIVAL_LISTENERS:
        listener(arrivals)


def announce_assessed(assessment_ids: Sequence[str]) -> None:
    if assessment_ids:
        for listener in ASSESSED_LISTENERS:
            listener(assessment_ids)
