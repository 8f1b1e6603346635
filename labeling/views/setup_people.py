"""Set-up, part 3: who answers."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from labeling.access import get_managed_session_for
from labeling.forms.people import InvitationForm, RuleForm
from labeling.staffing import dismiss, invite, link_for
from labeling.views.setup_page import SetupPage, changed, show_part, shown_once
from reviewapp.lib.requests import UserRequest


@require_safe
@login_required
def find_people(request: UserRequest, session_id: UUID) -> HttpResponse:
    """The people one can add, by name or e-mail."""
    session = get_managed_session_for(request.user, session_id)
    page = SetupPage(session, search=request.GET.get("person", ""))
    return render(request, "labeling/_setup_candidates.html", {"page": page})


@require_safe
@login_required
def setup_workload(request: UserRequest, session_id: UUID) -> HttpResponse:
    session = get_managed_session_for(request.user, session_id)
    return render(request, "labeling/_setup_workload.html", {"page": SetupPage(session)})


@require_POST
@login_required
def add_reviewer(request: UserRequest, session_id: UUID) -> HttpResponse:
    session = get_managed_session_for(request.user, session_id)
    user = get_object_or_404(User, email=request.POST.get("email", ""), is_active=True)
    session.change_reviewers(adding=[user])
    return changed(request, SetupPage(session), "people")


@require_POST
@login_required
def remove_reviewer(request: UserRequest, session_id: UUID) -> HttpResponse:
    session = get_managed_session_for(request.user, session_id)
    dismiss(session, request.POST.get("email", ""))
    return changed(request, SetupPage(session), "people")


@require_POST
@login_required
def invite_reviewer(request: UserRequest, session_id: UUID) -> HttpResponse:
    """Add somebody new. Their link is in this answer and nowhere else, so there is no redirect."""
    session = get_managed_session_for(request.user, session_id)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return show_part(request, SetupPage(session, invitation_form=form), "people", status=422)
    user = invite(session, **form.cleaned_data)
    return shown_once(request, SetupPage(session, invited=user, link=link_for(user, session)), "people")


@require_POST
@login_required
def link_reviewer(request: UserRequest, session_id: UUID) -> HttpResponse:
    """Make a sign-in link again, for somebody who has not come in yet."""
    session = get_managed_session_for(request.user, session_id)
    user = get_object_or_404(session.people, email=request.POST.get("email", ""))
    return shown_once(request, SetupPage(session, invited=user, link=link_for(user, session)), "people")


@require_POST
@login_required
def set_rule(request: UserRequest, session_id: UUID) -> HttpResponse:
    """How many reviews an item gets, and who sees what."""
    session = get_managed_session_for(request.user, session_id)
    form = RuleForm(request.POST, session=session)
    if not form.is_valid():
        return show_part(request, SetupPage(session, rule_form=form), "rule", status=422)
    session.is_blind = form.cleaned_data["sight"] == "blind"
    session.save(update_fields=["is_blind"])
    session.set_reviews_per_item(form.reviews_per_item)
    return changed(request, SetupPage(session), "rule")
