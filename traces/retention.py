"""Deleting what an experiment does not keep: traces by their age and by their number.

Assessed traces, and those that other rooms need, stay unless the experiment's settings say otherwise.
Rows go in small batches with pauses between them, so that whoever stores traces waits for one batch at most.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from reviewapp.lib.periodic import periodic
from traces import counting
from traces.keeping import let_go, needed
from traces.models import Assessment, DailyCount, Experiment, Trace

BATCH = 100  # traces in one transaction
TURN_S = 5.0  # that the worker spends on it at a time
AGE, NUMBER = "age", "number"  # why a trace goes


@dataclass(frozen=True, slots=True)
class Plan:
    """How many traces would go now, and how many are due but stay."""

    by_age: int = 0
    by_number: int = 0
    stays: int = 0

    @property
    def goes(self) -> int:
        return self.by_age + self.by_number


def plan_of(experiment: Experiment) -> Plan:
    """Count without deleting; the experiment need not be saved. Queries: at most 5."""
    age, number = _too_old(experiment), _too_many(experiment)
    going = _without_needed(experiment)
    by_age = going.filter(age).count() if age else 0
    due = (age or Q(pk__in=[])) | (number or Q(pk__in=[]))
    all_going = going.filter(due).count() if number else by_age
    n_due = Trace.objects.filter(due, experiment=experiment).count() if age or number else 0
    return Plan(by_age, all_going - by_age, n_due - all_going)


def apply(experiment: Experiment, *, go_on: Callable[[], bool] = lambda: True) -> Counter[str]:
    """Delete what is due, batch by batch while `go_on` says so; return how many went, by why."""
    deleted: Counter[str] = Counter()
    for why, due in ((AGE, _too_old(experiment)), (NUMBER, _too_many(experiment))):
        while due is not None and go_on():
            begin = time.monotonic()
            n = _delete_batch(experiment, due, why)
            deleted[why] += n
            if n == 0:
                break
            time.sleep(min(1.0, time.monotonic() - begin))  # others get as long as this took
    return +deleted


def _too_old(experiment: Experiment) -> Q | None:
    """A trace is as old as what is later: when it ran, and when it arrived. So an import lives its time, too."""
    if experiment.keep_days is None:
        return None
    before = timezone.now() - timedelta(days=experiment.keep_days)
    return Q(request_time__lt=before, created_at__lt=before)


def _too_many(experiment: Experiment) -> Q | None:
    """Return the condition of what comes after the newest; those that stay anyway count among them."""
    if experiment.keep_traces is None:
        return None
    newest = Trace.objects.filter(experiment=experiment, deleted_at=None).order_by("-request_time", "-trace_id")
    first_out = newest.values_list("request_time", "trace_id")[experiment.keep_traces :][:1]
    for moment, trace_id in first_out:
        return Q(request_time__lte=moment) & (Q(request_time__lt=moment) | Q(trace_id__lte=trace_id))
    return None


def _without_needed(experiment: Experiment) -> QuerySet[Trace]:
    traces = Trace.objects.filter(experiment=experiment)
    if not experiment.deletes_needed:
        traces = traces.filter(~needed())
    if not experiment.deletes_assessed:
        traces = traces.filter(~Exists(Assessment.objects.filter(trace=OuterRef("pk"))))
    return traces


def _delete_batch(experiment: Experiment, due: Q, why: str) -> int:
    """Delete the oldest that are due; each is held, and looked at once more, so that nobody judges it meanwhile."""
    with transaction.atomic():
        oldest = _without_needed(experiment).filter(due).order_by("request_time", "trace_id")
        held = list(oldest.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:BATCH])
        going = list(_without_needed(experiment).filter(pk__in=held).values_list("pk", flat=True))
        if experiment.deletes_needed:
            let_go(going)
        Trace.objects.filter(pk__in=going).delete()
        counting.add(experiment, DailyCount.Deed.DELETED, {why: len(going)})
    return len(going)


def limited() -> QuerySet[Experiment]:
    """Return the experiments that do not keep everything."""
    return Experiment.objects.exclude(keep_days=None, keep_traces=None)


@periodic(every=timedelta(minutes=1))
def apply_for_a_while() -> None:
    """Delete what is due for a few seconds; the rest has its turn a minute later."""
    end = time.monotonic() + TURN_S
    for experiment in limited():
        apply(experiment, go_on=lambda: time.monotonic() < end)
