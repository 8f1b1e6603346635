"""The page of a session for whoever runs it, and what can be done from there."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.sign_in_links import sign_in_link
from labeling.access import get_managed_session_for
from labeling.overview import overview_of
from labeling.session_actions import actions_for
from reviewapp.lib.requests import UserRequest


@require_safe
@login_required
def session(request: UserRequest, session_id: UUID) -> HttpResponse:
    found = get_managed_session_for(request.user, session_id)
    ctx = {
        "session": found, "tab": "overview", "overview": overview_of(found), "actions": actions_for(request.user),
        "section": "sessions",
    }  # fmt: skip
    return render(request, "labeling/dashboard.html", ctx)


@require_safe
@login_required
def overview(request: UserRequest, session_id: UUID) -> HttpResponse:
    """The part that changes while people work."""
    found = get_managed_session_for(request.user, session_id)
    return render(request, "labeling/_overview.html", {"session": found, "overview": overview_of(found)})


@require_POST
@login_required
def close(request: UserRequest, session_id: UUID) -> HttpResponse:
    found = get_managed_session_for(request.user, session_id)
    found.close()
    messages.success(request, _("The session is closed: everything can be read, nothing answered."))
    return redirect("labeling:session", found.pk)


@require_POST
@login_required
def reopen(request: UserRequest, session_id: UUID) -> HttpResponse:
    found = get_managed_session_for(request.user, session_id)
    found.reopen()
    messages.success(request, _("The session is open again."))
    return redirect("labeling:session", found.pk)


@require_POST
@login_required
@never_cache
def reviewer_link(request: UserRequest, session_id: UUID, user_id: int) -> HttpResponse:
    """Make a sign-in link for a reviewer, which leads to this session's review page."""
    found = get_managed_session_for(request.user, session_id)
    person = get_object_or_404(found.people, pk=user_id)
    if not person.signs_in_by_link:
        raise Http404("they have their own way in")
    link = sign_in_link(person, leads_to=reverse("labeling:review", args=[found.pk]))
    ctx = {"session": found, "person": person, "link": link, "section": "sessions"}
    return render(request, f"labeling/{'_' if request.htmx else ''}reviewer_link.html", ctx)
