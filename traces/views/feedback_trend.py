"""How end users' feedback goes."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviewapp.lib.requests import UserRequest
from traces.feedback.access import keys_for, unjoined_for
from traces.feedback.trend import STEPS, trend_of
from traces.models import Experiment


@require_safe
@login_required
def feedback_trend(request: UserRequest) -> HttpResponse:
    keys = keys_for(request.user)
    step = request.GET.get("by", "day")
    named = request.GET.get("experiment", "")
    experiment = Experiment.objects.filter(pk=int(named)).first() if named.isdecimal() and len(named) < 19 else None
    step = step if step in STEPS else "day"
    ctx = {
        "trend": trend_of(experiment, step),
        "step": step,
        "experiment": experiment,
        "experiments": Experiment.objects.all(),
        "has_keys": keys.exists(),
        "n_waiting": unjoined_for(request.user).count(),
        "section": "feedback",
    }
    return render(request, "traces/feedback.html", ctx)
