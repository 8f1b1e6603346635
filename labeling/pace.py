"""How long a session's items take, and when it may be done."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from labeling.models import LabelingSession, Review

WINDOW = timedelta(days=7)  # a pace older than this says little
FEWEST = 5  # reviews before a pace is a pace
FARTHEST = timedelta(days=365)  # beyond it a date would be a joke


def median_s(session: LabelingSession) -> int | None:
    """Return the median of attention per finished review, in seconds; None before the first."""
    rows = list(
        session.reviews.filter(status=Review.Status.COMPLETE, active_s__gt=0)
        .values_list("active_s")
        .annotate(n=Count("id"))
        .order_by("active_s")
    )
    half = sum(n for _seconds, n in rows) / 2
    passed = 0
    for seconds, n in rows:
        passed += n
        if passed >= half:
            return int(seconds)
    return None


def done_about(session: LabelingSession, *, missing: int) -> datetime | None:
    """Return when the `missing` reviews will be finished at the last days' pace; None when nobody could say."""
    if not session.is_open or missing <= 0 or session.opened_at is None:
        return None
    now = timezone.now()
    since = max(session.opened_at, now - WINDOW)
    finished = session.reviews.filter(status=Review.Status.COMPLETE, finished_at__gte=since).count()
    if finished < FEWEST:
        return None
    left = (now - since) * (missing / finished)
    return now + left if left < FARTHEST else None
