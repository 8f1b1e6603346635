"""Rooms to the right hear of every judgement in the transaction that writes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from traces.models import Assessment

Listener = Callable[[Sequence[Assessment]], None]
LISTENERS: list[Listener] = []


def on_assessed(listener: Listener) -> Listener:
    """Register a listener: it is called with assessments that were just written, or just became invalid."""
    LISTENERS.append(listener)
    return listener


def tell_assessed(assessments: Sequence[Assessment]) -> None:
    """To be called by whoever writes assessments, in the same transaction."""
    for listener in LISTENERS:
        listener(assessments)
