"""A session of several traces, read as one conversation."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Min
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviewapp.lib.requests import UserRequest
from traces.access import traces_for
from traces.models import Experiment
from traces.sessions import PAGE, exchanges_of, in_order, with_assessments


@require_safe
@login_required
def session(request: UserRequest, session_id: str) -> HttpResponse:
    """Query: experiment (its id; else the one with the session's newest traces), after (the id of the last trace)."""
    traces = traces_for(request.user).filter(session_id=session_id)
    experiments = list(Experiment.objects.filter(traces__in=traces).distinct().order_by("pk"))
    experiment = chosen(experiments, request.GET.get("experiment", ""))
    if experiment is None:
        raise Http404("no such session")
    traces = traces.filter(experiment=experiment)
    after = request.GET.get("after", "")
    rows = list(with_assessments(in_order(traces, after))[: PAGE + 1])
    facts = traces.aggregate(number=Count("pk"), begun=Min("request_time"))
    first = facts["number"] - in_order(traces, after).count() + 1
    opening = rows[0] if first == 1 and rows else in_order(traces).first()
    ctx = {
        "section": "traces", "session_id": session_id, "opening": opening, "experiment": experiment, "facts": facts,
        "others": [each for each in experiments if each != experiment],
        "exchanges": exchanges_of(rows[:PAGE], first=first),
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else "", "is_first": first == 1,
    }  # fmt: skip
    return render(request, "traces/session.html", ctx)


def chosen(experiments: list[Experiment], wanted: str) -> Experiment | None:
    """Return the experiment that was asked for, else the latest that was made; None for a session of none."""
    return next((each for each in experiments if str(each.pk) == wanted), experiments[-1] if experiments else None)
