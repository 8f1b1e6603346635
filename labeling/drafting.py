"""From an empty draft to an open session."""

from __future__ import annotations

from dataclasses import asdict, replace

from django.db import transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import User
from labeling.models import LabelingSession
from labeling.readiness import Gap, gaps_of
from labeling.selecting import Mode, Selection
from traces.models import Experiment, Trace
from traces.search import FilterError


def start_draft(*, by: User) -> LabelingSession:
    """Make a draft on the traces that came last, with a name that says when."""
    newest = Trace.objects.select_related("experiment").order_by("-request_time", "-trace_id").first()
    return LabelingSession.objects.create(
        experiment=newest.experiment if newest else Experiment.objects.earliest("pk"),
        name=name_for_today(),
        selection=asdict(Selection.fresh()),
        created_by=by,
    )


def name_for_today() -> str:
    return _("Session of %(day)s") % {"day": formats.date_format(timezone.localdate(), "MONTH_DAY_FORMAT")}


@transaction.atomic
def open_draft(session: LabelingSession) -> list[Gap]:
    """Draw the traces and open; or change nothing and return what is missing."""
    session.lock_setup()
    locked = LabelingSession.objects.select_for_update(no_key=True).get(pk=session.pk)
    if locked.state != LabelingSession.State.DRAFT:  # two managers, one button
        return []
    if gaps := gaps_of(locked):
        return gaps
    add_selection(locked)
    locked.open()
    return []


@transaction.atomic
def add_selection(session: LabelingSession) -> int:
    """Make items of the traces that are chosen, and return how many. Raises FilterError."""
    selection = Selection.of(session)
    n = session.add_traces(selection.draw(session))
    replace(selection, picked=[]).keep(session)
    return n


def first_trace(session: LabelingSession) -> Trace | None:
    """Return a trace like those that reviewers will get, to try the questions on."""
    if item := session.items.select_related("trace").order_by("position").first():
        return item.trace
    selection = Selection.of(session)
    try:
        found = selection.chosen(session) if selection.mode == Mode.HAND else selection.found(session)
    except FilterError:
        return None
    return found.order_by("-request_time", "-trace_id").first()
