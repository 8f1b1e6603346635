"""What there is to look for: names and values, read from the ends of indexes and from the newest rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from traces.models import Assessment, Trace

NEWEST = 300  # rows that are looked at for keys and values
MOST = 40


def different(rows: QuerySet[Any], column: str, most: int = MOST) -> list[str]:
    """Return the first values of an indexed column, each by one step of its index."""
    return list(steps(rows, column, most))


def steps(rows: QuerySet[Any], column: str, most: int) -> Iterator[str]:
    last = ""
    for _ in range(most):
        value = rows.filter(**{f"{column}__gt": last}).order_by(column).values_list(column, flat=True).first()
        if value is None:
            return
        yield (last := value)


def assessment_names() -> list[str]:
    return different(Assessment.objects.all(), "name")


def trace_names() -> list[str]:
    return different(Trace.objects.all(), "name")


def assessed_values(name: str) -> list[str]:
    """Return what was said under a name, as a filter writes it."""
    values = Assessment.objects.filter(name=name).order_by().values_list("value", flat=True)[:NEWEST]
    return sorted({written(value) for value in values if isinstance(value, (str, bool, int, float))})[:MOST]


def written(value: str | bool | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def keys_of(column: str) -> list[str]:
    return sorted({key for holder in newest(column) for key in holder})[:MOST]


def values_of(column: str, key: str) -> list[str]:
    return sorted({str(holder[key]) for holder in newest(column) if key in holder})[:MOST]


def newest(column: str) -> list[dict[str, str]]:
    rows = Trace.objects.order_by("-request_time", "-trace_id").values_list(column, flat=True)
    return [holder for holder in rows[:NEWEST] if isinstance(holder, dict)]
