"""Chosen traces into a session, for who runs sessions."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from labeling.forms.target import TargetForm
from labeling.from_traces import Put, experiments_of, new_session, put
from labeling.views.guards import managers_only
from reviewapp.lib.requests import UserRequest
from traces.explorer.actions import Chosen, chosen_by


@require_POST
@login_required
@managers_only
def from_traces(request: UserRequest) -> HttpResponse:
    """Ask into which session the chosen traces are to go; nothing is written yet."""
    chosen = chosen_by(request.user, request.POST)
    if not chosen.ids:
        messages.warning(request, _("No trace was chosen. Tick the ones you mean."))
        return redirect("traces:list")
    return show(request, chosen, TargetForm(experiments=experiments_of(chosen.ids)))


def show(request: UserRequest, chosen: Chosen, form: TargetForm, *, status: int = 200) -> HttpResponse:
    ctx = {"section": "sessions", "chosen": chosen, "n": len(chosen.ids), "form": form}
    return render(request, "labeling/from_traces.html", ctx, status=status)


@require_POST
@login_required
@managers_only
def put_traces(request: UserRequest) -> HttpResponse:
    chosen = chosen_by(request.user, request.POST)
    experiments = experiments_of(chosen.ids)
    form = TargetForm(request.POST, experiments=experiments)
    if not form.is_valid() or not experiments:
        return show(request, chosen, form, status=422)
    session = form.chosen() or new_session(experiments[0], by=request.user)
    messages.success(request, in_words(put(chosen.ids, session)))
    return redirect("labeling:setup", session.pk)


def in_words(result: Put) -> str:
    said = [ngettext("%(n)d trace is now in the session.", "%(n)d traces are now in the session.", result.n_added)
            % {"n": result.n_added}]  # fmt: skip
    if result.n_there:
        words = ngettext("%(n)d was in it before.", "%(n)d were in it before.", result.n_there)
        said.append(words % {"n": result.n_there})
    if result.n_elsewhere:
        words = ngettext("%(n)d is of another experiment and stays out.",
                         "%(n)d are of another experiment and stay out.", result.n_elsewhere)  # fmt: skip
        said.append(words % {"n": result.n_elsewhere})
    return " ".join(said)
