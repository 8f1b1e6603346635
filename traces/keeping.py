"""Which traces must stay because another room needs them; that room registers it (`keeps`).

Who deletes by hand is told why a trace stays, where the room says so. Retention leaves everything alone that any room
needs, unless the experiment's settings let it go: then the room first lets go of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, Q

Reasons = dict[str, str]  # by trace id, in words


@dataclass(frozen=True, slots=True)
class Need:
    """A room's need for traces.

    condition  what the trace `OuterRef("pk")` meets that is needed
    reasons    of these ids those that nobody may delete by hand, and why
    let_go     what is to happen, in the same transaction, before retention deletes the traces with these ids
    """

    condition: Callable[[], Exists]
    reasons: Callable[[Sequence[str]], Reasons] | None = None
    let_go: Callable[[Sequence[str]], object] | None = None


NEEDS: list[Need] = []


def keeps(need: Need) -> Need:
    """Register what a room needs."""
    NEEDS.append(need)
    return need


def needed() -> Q:
    """Return the condition of traces that another room needs; no trace where no room does."""
    condition = Q(pk__in=[])
    for need in NEEDS:
        condition |= Q(need.condition())
    return condition


def reasons_to_keep(ids: Sequence[str]) -> Reasons:
    """Return those of the traces that must stay, each with a reason."""
    return {trace_id: why for need in NEEDS if need.reasons for trace_id, why in need.reasons(ids).items()}


def let_go(ids: Sequence[str]) -> None:
    """Have the rooms do without these traces, which are about to be deleted."""
    for need in NEEDS:
        if need.let_go:
            need.let_go(ids)
