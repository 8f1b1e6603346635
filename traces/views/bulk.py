"""What is done with chosen traces: tagging, deleting, and taking that back."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from reviewapp.lib.requests import UserRequest
from traces.access import traces_for
from traces.deleting import Deleted, delete_traces, purge_deleted, restore_traces
from traces.explorer.actions import Chosen, chosen_by
from traces.explorer.query import Query
from traces.forms import TagForm
from traces.tagging import tag_traces
from traces.views.listing import DELETED, UNDO_S


def back_to(query: Query, **more: str) -> HttpResponse:
    asked = "&".join([query.address(), *(f"{name}={value}" for name, value in more.items())]).strip("&")
    return redirect(f"{reverse('traces:list')}{'?' if asked else ''}{asked}")


def is_none(request: UserRequest, chosen: Chosen) -> bool:
    if not chosen.ids:
        messages.warning(request, _("No trace was chosen. Tick the ones you mean."))
    return not chosen.ids


@require_POST
@login_required
def tag(request: UserRequest) -> HttpResponse:
    chosen = chosen_by(request.user, request.POST)
    form = TagForm(request.POST)
    if not form.is_valid():
        return render(request, "traces/tag.html", {"form": form, "chosen": chosen, "section": "traces"}, status=422)
    if not is_none(request, chosen):
        n = tag_traces(chosen.ids, form.cleaned_data["key"], form.cleaned_data["value"])
        messages.success(request, ngettext("%(n)d trace is tagged.", "%(n)d traces are tagged.", n) % {"n": n})
    return back_to(chosen.query)


@require_POST
@login_required
def delete(request: UserRequest) -> HttpResponse:
    chosen = chosen_by(request.user, request.POST)
    if is_none(request, chosen):
        return back_to(chosen.query)
    purge_deleted(most=400)  # where no worker runs
    deleted = delete_traces(chosen.ids)
    for words in in_words(deleted):
        messages.warning(request, words)
    if not deleted.n:
        return back_to(chosen.query)
    messages.success(
        request, ngettext("%(n)d trace is deleted.", "%(n)d traces are deleted.", deleted.n) % {"n": deleted.n}
    )
    return back_to(chosen.query, deleted=signing.dumps(deleted.at.isoformat(), salt=DELETED))


def in_words(deleted: Deleted) -> list[str]:
    return [
        ngettext("%(n)d trace stays: %(why)s.", "%(n)d traces stay: %(why)s.", n) % {"n": n, "why": why}
        for why, n in deleted.kept.items()
    ]


@require_POST
@login_required
def undelete(request: UserRequest) -> HttpResponse:
    traces_for(request.user)
    query = Query.written(request.POST.get("query", ""))
    try:
        at = datetime.fromisoformat(signing.loads(request.POST.get("deleted", ""), salt=DELETED, max_age=UNDO_S))
    except (signing.BadSignature, ValueError, TypeError):
        messages.warning(request, _("It is too late to undo this."))
        return back_to(query)
    n = restore_traces(at)
    if n:
        messages.success(request, ngettext("%(n)d trace is back.", "%(n)d traces are back.", n) % {"n": n})
    else:
        messages.warning(request, _("It is too late to undo this."))
    return back_to(query)
