"""Which traces retention leaves alone because another room needs them; that room registers it (`keeps`)."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Exists, Q

Need = Callable[[], Exists]
NEEDS: list[Need] = []


def keeps(need: Need) -> Need:
    """Register a condition on traces; `OuterRef("pk")` is the trace."""
    NEEDS.append(need)
    return need


def needed() -> Q:
    """Return the condition of traces that another room needs; no trace where no room does."""
    condition = Q(pk__in=[])
    for need in NEEDS:
        condition |= Q(need())
    return condition
