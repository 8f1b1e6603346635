"""Deleting traces: out of sight at once, gone for good a little later, so that it can be undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from traces.keeping import reasons_to_keep
from traces.models import Trace

PATIENCE = timedelta(minutes=10)  # how long a deleted trace can be had back
AT_ONCE = 200  # traces of one transaction


@dataclass(frozen=True)
class Deleted:
    at: datetime  # names what was deleted together
    n: int = 0
    kept: Counter[str] = field(default_factory=Counter)  # how many stay, by reason


def delete_traces(ids: Sequence[str]) -> Deleted:
    """Take traces out of sight, but those that must stay."""
    at, n = timezone.now(), 0
    kept: Counter[str] = Counter()
    for begin in range(0, len(ids), AT_ONCE):
        some = ids[begin : begin + AT_ONCE]
        with transaction.atomic():
            reasons = reasons_to_keep(some)
            kept.update(reasons.values())
            gone = [trace_id for trace_id in some if trace_id not in reasons]
            n += Trace.objects.filter(pk__in=gone, deleted_at=None).update(deleted_at=at)
    return Deleted(at, n, kept)


def restore_traces(at: datetime) -> int:
    """Bring back what was deleted together, as far as it is still there."""
    return Trace.objects.filter(deleted_at=at).update(deleted_at=None)


def purge_deleted(*, most: int = 10_000) -> int:
    """Delete for good what was deleted a while ago; return how many traces. One that must stay now comes back."""
    due = Trace.objects.filter(deleted_at__lt=timezone.now() - PATIENCE).order_by("deleted_at")
    n = 0
    for _ in range(0, most, AT_ONCE):
        ids = list(due.values_list("pk", flat=True)[:AT_ONCE])
        if not ids:
            break
        n += purge(ids)
    return n


def purge(ids: Sequence[str]) -> int:
    with transaction.atomic():
        wanted = reasons_to_keep(ids)
        Trace.objects.filter(pk__in=wanted).update(deleted_at=None)
        gone = Trace.objects.filter(pk__in=[trace_id for trace_id in ids if trace_id not in wanted])
        try:
            with transaction.atomic():
                return gone.delete()[1].get("traces.Trace", 0)
        except ProtectedError:  # by a room that says no reason
            gone.update(deleted_at=None)
            return 0
