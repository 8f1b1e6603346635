"""A session's set-up page: its name, its instructions, and opening and closing it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from labeling.access import get_managed_session_for
from labeling.drafting import first_trace, open_draft, start_draft
from labeling.forms.people import InstructionsForm, NameForm
from labeling.views.guards import managers_only
from labeling.views.setup_page import SetupPage, changed, show_page, show_part
from reviewapp.lib.requests import UserRequest
from traces.reading import conversation_of


@require_POST
@login_required
@managers_only
def new_session(request: UserRequest) -> HttpResponse:
    return redirect("labeling:setup", start_draft(by=request.user).pk)


@require_safe
@login_required
def setup(request: UserRequest, session_id: UUID) -> HttpResponse:
    session = get_managed_session_for(request.user, session_id)
    search, after = request.GET.get("person", ""), request.GET.get("after", "")
    return show_page(request, SetupPage(session, search=search, after=after))


@require_safe
@login_required
def setup_preview(request: UserRequest, session_id: UUID) -> HttpResponse:
    """What reviewers will see."""
    session = get_managed_session_for(request.user, session_id)
    return render(request, "labeling/_setup_preview.html", {"page": SetupPage(session)})


@require_safe
@login_required
def setup_bar(request: UserRequest, session_id: UUID) -> HttpResponse:
    """What is missing, and the button that opens the session."""
    session = get_managed_session_for(request.user, session_id)
    return render(request, "labeling/_setup_bar.html", {"page": SetupPage(session)})


@require_safe
@login_required
def try_session(request: UserRequest, session_id: UUID) -> HttpResponse:
    """The review page as it will be, over one of the traces; what is answered goes nowhere."""
    session = get_managed_session_for(request.user, session_id)
    trace = first_trace(session)
    conversation = conversation_of(trace) if trace else None
    ctx = {"conversation": conversation, "page": SetupPage(session), "section": "sessions"}
    return render(request, "labeling/setup_try.html", ctx)


@require_POST
@login_required
def rename_session(request: UserRequest, session_id: UUID) -> HttpResponse:
    session = get_managed_session_for(request.user, session_id)
    form = NameForm(request.POST)
    if not form.is_valid():
        return show_part(request, SetupPage(session, name_form=form), "name", status=422)
    session.name = form.cleaned_data["name"]
    session.save(update_fields=["name"])
    return changed(request, SetupPage(session), "name")


@require_POST
@login_required
def instruct_session(request: UserRequest, session_id: UUID) -> HttpResponse:
    session = get_managed_session_for(request.user, session_id)
    form = InstructionsForm(request.POST)
    if not form.is_valid():
        return show_part(request, SetupPage(session, instructions_form=form), "instructions", status=422)
    session.instructions = form.cleaned_data["instructions"].replace("\r\n", "\n")
    session.save(update_fields=["instructions"])
    return changed(request, SetupPage(session), "instructions")


@require_POST
@login_required
def open_session(request: UserRequest, session_id: UUID) -> HttpResponse:
    """Open a draft: from here on its reviewers see it."""
    session = get_managed_session_for(request.user, session_id)
    if open_draft(session):
        return show_page(request, SetupPage(session, tries_to_open=True), status=422)
    messages.success(request, _("The session is open. Its reviewers see it on their home page now."))
    return redirect("labeling:setup", session.pk)
