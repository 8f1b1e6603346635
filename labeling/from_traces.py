"""From the list of traces to sessions: chosen traces become items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from labeling.models import LabelingSession
from traces.explorer.actions import Action, offer
from traces.models import Experiment, Trace

MOST_SESSIONS = 100

offer(Action(gettext_lazy("Add to session"), "labeling:from-traces", lambda user: user.runs_sessions))


def sessions_for(experiments: Sequence[int]) -> QuerySet[LabelingSession]:
    """Return the sessions that can take more traces of these experiments, the newest first."""
    open_ones = LabelingSession.objects.filter(experiment__in=experiments).exclude(state=LabelingSession.State.CLOSED)
    return open_ones.select_related("experiment").order_by("-created_at")[:MOST_SESSIONS]


def experiments_of(ids: Sequence[str]) -> list[Experiment]:
    """Return the experiments of traces, that with the most of them first."""
    numbers: dict[int, int] = {}
    for begin in range(0, len(ids), 1_000):
        some = Trace.objects.filter(pk__in=ids[begin : begin + 1_000]).order_by()
        for experiment in some.values_list("experiment_id", flat=True):
            numbers[experiment] = numbers.get(experiment, 0) + 1
    found = Experiment.objects.in_bulk(numbers)
    return sorted(found.values(), key=lambda experiment: -numbers[experiment.pk])


def new_session(experiment: Experiment, *, by: User) -> LabelingSession:
    """Make a draft that takes what is put into it, and draws nothing else."""
    today = formats.date_format(timezone.localdate(), "MONTH_DAY_FORMAT")
    name = _("Traces of %(day)s") % {"day": today}
    return LabelingSession.objects.create(experiment=experiment, name=name, created_by=by)


@dataclass(frozen=True)
class Put:
    """What became of chosen traces."""

    n_added: int
    n_there: int  # in the session before
    n_elsewhere: int  # of another experiment, or gone


@transaction.atomic
def put(ids: Sequence[str], session: LabelingSession) -> Put:
    """Make items of the traces, the oldest first."""
    ours: list[Trace] = []
    for begin in range(0, len(ids), 1_000):
        some = Trace.objects.kept().filter(pk__in=ids[begin : begin + 1_000], experiment=session.experiment_id)
        ours += some.only("request_time")
    ours.sort(key=lambda trace: (trace.request_time, trace.pk))
    n_added = session.add_traces(ours)
    return Put(n_added, len(ours) - n_added, len(ids) - len(ours))
