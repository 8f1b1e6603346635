"""From a session, or from chosen traces, to a dataset: first a preview, in which differences are settled."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from labeling.access import get_exported_session_for
from quality.access import datasets_for
from quality.forms.make import MakeForm
from quality.gathering import traces_of
from quality.making import NotAsSeen, Origin, choose, make
from quality.models import Merged
from quality.previewing import Preview
from reviewapp.lib.requests import UserRequest
from traces.explorer.actions import chosen_by


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def from_session(request: UserRequest, session_id: UUID) -> HttpResponse:
    datasets_for(request.user)
    session = get_exported_session_for(request.user, session_id)
    ctx = {
        "session": session,
        "address": reverse("quality:from-session", args=[session.pk]),
        "back": reverse("labeling:session", args=[session.pk]) if request.user.runs_sessions else "",
    }
    return making(request, Origin(traces_of(session), session), session.name, ctx)


@require_POST
@login_required
def from_traces(request: UserRequest) -> HttpResponse:
    """Chosen traces come from the explorer; the same form comes back here until it is done."""
    datasets_for(request.user)
    chosen = chosen_by(request.user, request.POST)
    if not chosen.ids:
        messages.warning(request, _("No trace was chosen. Tick the ones you mean."))
        return redirect("traces:list")
    today = formats.date_format(timezone.localdate(), "MONTH_DAY_FORMAT")
    ctx = {
        "chosen": chosen,
        "address": reverse("quality:from-traces"),
        "back": f"{reverse('traces:list')}?{chosen.query.address()}",
    }
    return making(request, Origin(chosen.ids), _("Traces of %(day)s") % {"day": today}, ctx)


def making(request: UserRequest, origin: Origin, name: str, ctx: dict[str, Any]) -> HttpResponse:
    form = MakeForm(request.POST if "target" in request.POST else None, name=name, address=ctx["address"])
    wants_it = "make" in request.POST
    if wants_it and form.is_valid():
        try:
            dataset, merged = make(
                origin, form.dataset, name=form.cleaned_data["name"], with_silent=form.takes_silent,
                choices=request.POST.dict(), by=request.user,
            )  # fmt: skip
        except NotAsSeen:
            form.add_error(None, _("Somebody answered meanwhile. Look at the differences once more."))
        else:
            messages.success(request, in_words(merged))
            return redirect(dataset)
    gathered = origin.gather(form.dataset, with_silent=form.takes_silent)
    choose(gathered, request.POST.dict())
    ctx |= {"form": form, "preview": Preview(gathered, form.dataset), "section": "datasets"}
    template = "quality/_make_preview.html" if request.htmx else "quality/make.html"
    return render(request, template, ctx, status=422 if wants_it else 200)


def in_words(merged: Merged) -> str:
    n = merged.n_inserted
    said = [ngettext("%(n)d record is new.", "%(n)d records are new.", n) % {"n": n}]
    if n := merged.n_updated:
        words = ngettext("%(n)d was there and got what is new.", "%(n)d were there and got what is new.", n)
        said.append(words % {"n": n})
    return " ".join(said)
