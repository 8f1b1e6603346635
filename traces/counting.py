"""What happened in an experiment, by day: how much was masked, how many traces were deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from traces.ingest.rows import insert_into
from traces.models import DailyCount, Experiment

DAYS = 7
TABLE = DailyCount._meta.db_table
ADD = insert_into(
    TABLE,
    ["experiment_id", "deed", "label", "day", "n"],
    f"(experiment_id, deed, day, label) DO UPDATE SET n = {TABLE}.n + excluded.n",
)


def count_masked(experiment: Experiment, masked: Mapping[str, int]) -> None:
    """Add to today's counts once the transaction is committed: whoever comes next does not wait for it.

    What is sent again is counted again; the counts of a trace are not.
    """
    if masked:
        added = dict(masked)
        transaction.on_commit(lambda: add(experiment, DailyCount.Deed.MASKED, added))


def add(experiment: Experiment, deed: DailyCount.Deed, counts: Mapping[str, int]) -> None:
    today = timezone.now().date()
    rows = [(experiment.pk, str(deed), label[:40], today, n) for label, n in sorted(counts.items()) if n]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(ADD, rows)


@dataclass(frozen=True, slots=True)
class Tally:
    label: str
    lately: int  # in the last 7 days, today included
    ever: int


def tallies(experiment: Experiment, deed: DailyCount.Deed) -> dict[str, Tally]:
    """Return the counts by label. Queries: 1."""
    since = timezone.now().date() - timedelta(days=DAYS - 1)
    found = (
        DailyCount.objects.filter(experiment=experiment, deed=deed)
        .values("label")
        .annotate(ever=Sum("n"), lately=Sum("n", filter=Q(day__gte=since), default=0))
        .order_by("label")
    )
    return {row["label"]: Tally(row["label"], row["lately"], row["ever"]) for row in found}
