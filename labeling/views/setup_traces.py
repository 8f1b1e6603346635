"""Set-up, part 1: which traces."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from labeling.access import get_managed_session_for
from labeling.drafting import add_selection
from labeling.forms.selection import SelectionForm
from labeling.library import move_to
from labeling.selecting import Selection
from labeling.views.setup_page import SetupPage, address_of, changed, show_part
from reviewapp.lib.requests import UserRequest


@require_POST
@login_required
def choose_traces(request: UserRequest, session_id: UUID) -> HttpResponse:
    """Keep how the traces are to be chosen."""
    session = get_managed_session_for(request.user, session_id)
    form = SelectionForm(request.POST, session=session)
    if not form.is_valid():
        return show_part(request, SetupPage(session, selection_form=form), "traces", status=422)
    form.selection().keep(session)
    experiment = form.cleaned_data["experiment"]
    if experiment.pk != session.experiment_id:
        move_to(session, experiment, by=request.user)
    return changed(request, SetupPage(session), "traces")


@require_POST
@login_required
def pick_traces(request: UserRequest, session_id: UUID) -> HttpResponse:
    """Keep the ticks of one page of the list; `after` leads on to another."""
    session = get_managed_session_for(request.user, session_id)
    shown, ticked = request.POST.getlist("shown"), request.POST.getlist("trace")
    Selection.of(session).pick(shown=shown, ticked=ticked).keep(session)
    after = request.POST.get("after", request.POST.get("here", ""))
    if not request.htmx:
        query = urlencode({"after": after} if after else {})
        return HttpResponseRedirect(f"{reverse('labeling:setup', args=[session.pk])}?{query}#part-traces")
    return changed(request, SetupPage(session, after=after), "traces")


@require_POST
@login_required
def add_traces(request: UserRequest, session_id: UUID) -> HttpResponse:
    """Make items of the chosen traces at once: for a session that is no draft any more."""
    session = get_managed_session_for(request.user, session_id)
    page = SetupPage(session)
    if page.is_draft or page.found.n_taken == 0:
        return show_part(request, page, "traces", status=422)
    n = add_selection(session)
    messages.success(request, ngettext("%(n)d item was added.", "%(n)d items were added.", n) % {"n": n})
    return redirect(address_of(session, "traces"))
