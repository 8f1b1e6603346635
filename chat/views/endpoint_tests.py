"""Whether an endpoint answers, and whether its traces can be told: what goes out over the network from here."""

from __future__ import annotations

from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from chat.access import get_managed_endpoint_for
from chat.finding_out import find_out
from chat.forms.endpoint import EndpointForm
from chat.forms.talk import TestMessageForm
from chat.previewing import RequestForm, request_preview
from chat.probing import probe
from chat.setting_up import draft_endpoint, save
from chat.trying import TooMany, keep, slot, try_out
from chat.views.endpoint_page import EndpointPage, address_of, show_page, show_part, told, wrong
from labeling.views.guards import managers_only
from reviewapp.lib.requests import UserRequest
from reviewapp.lib.sealing import CannotOpen

BUSY = 503


@sensitive_post_parameters("secret")
@require_POST
@login_required
def test_endpoint(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    """Save what stands in the form, if it came along, and send the endpoint a message."""
    test_form = TestMessageForm(request.POST)
    page = EndpointPage(get_managed_endpoint_for(request.user, endpoint_id), test_form=test_form)
    if not saved_first(request, page):
        return wrong(request, page)
    if not test_form.is_valid():
        return show_part(request, page, "test", status=422)
    try:
        with slot():
            message = test_form.cleaned_data["test_message"]
            trial = async_to_sync(try_out)(page.endpoint, message, user_id=request.user.email)
    except TooMany:
        return busy(request, page)
    keep(page.endpoint, trial)
    return tested(request, page) if request.htmx else HttpResponseRedirect(address_of(page.endpoint, "test"))


@sensitive_post_parameters("secret")
@require_POST
@login_required
def check_link(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    """Save what stands in the form, if it came along, and find out whether the application's own trace can be told.

    What was found is in this answer and nowhere else, so there is no redirect.
    """
    page = EndpointPage(get_managed_endpoint_for(request.user, endpoint_id))
    if not saved_first(request, page):
        return wrong(request, page)
    try:
        with slot():
            page.finding = async_to_sync(probe)(page.endpoint)
    except TooMany:
        return busy(request, page)
    return tested(request, page) if request.htmx else show_page(request, page)


def saved_first(request: UserRequest, page: EndpointPage) -> bool:
    """Save the form where it came along; False when it is wrong, which `page` then shows."""
    if "protocol" not in request.POST:
        return True
    form = EndpointForm(request.POST, endpoint=page.endpoint)
    page.is_saved = save(form)
    page.form = EndpointForm(endpoint=page.endpoint) if page.is_saved else form
    return page.is_saved


def busy(request: UserRequest, page: EndpointPage) -> HttpResponse:
    page.refusal = _("Several tests are running already. Try again in half a minute.")
    return tested(request, page) if request.htmx else show_page(request, page, status=BUSY)


def tested(request: UserRequest, page: EndpointPage) -> HttpResponse:
    """Answer htmx with how it went and, where the form was saved, with the form as it is now."""
    return told(render(request, "chat/_endpoint_tested.html", {"page": page}), page)


@sensitive_post_parameters("secret")
@require_POST
@login_required
@managers_only
def preview_request(request: UserRequest, endpoint_id: UUID | None = None) -> HttpResponse:
    """The request that would be sent, while the form is being filled in; nothing is kept, and nothing sent."""
    known = get_managed_endpoint_for(request.user, endpoint_id) if endpoint_id else None
    form = RequestForm(request.POST, endpoint=known or draft_endpoint(by=request.user))
    return render(request, "chat/_endpoint_request.html", {"shown": request_preview(form)})


@sensitive_post_parameters("secret")
@require_POST
@login_required
@managers_only
def find_out_protocol(request: UserRequest, endpoint_id: UUID | None = None) -> HttpResponse:
    """How the endpoint at the typed address speaks, and which models it has; nothing is kept."""
    known = get_managed_endpoint_for(request.user, endpoint_id) if endpoint_id else None
    form = RequestForm(request.POST, endpoint=known or draft_endpoint(by=request.user))
    page = EndpointPage(form.endpoint, form=form)
    try:
        target = form.target_to_call()
        if target is None:
            page.refusal_to_find_out = _("First enter an address.")
        else:
            with slot():
                page.found_out = async_to_sync(find_out)(target)
    except CannotOpen:
        page.refusal_to_find_out = _("The kept secret can’t be opened any more. Enter it again.")
    except TooMany:
        page.refusal_to_find_out = _("Several tests are running already. Try again in half a minute.")
    if request.htmx:
        ctx = {"found": page.found_out, "refusal": page.refusal_to_find_out}
        return render(request, "chat/_endpoint_found.html", ctx)
    return render(request, f"chat/endpoint{'' if known else '_new'}.html", {"page": page, "section": "chat"})
