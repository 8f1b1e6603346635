"""The pages of endpoints: managers and admins choose whom experts can talk to. To anybody else they do not exist."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from chat.access import get_managed_endpoint_for
from chat.asking import About, EndpointAsking
from chat.forms.endpoint import EndpointForm
from chat.forms.talk import SuggestionsForm
from chat.listing import listed_endpoints_for
from chat.setting_up import archive, copy_as_version, draft_endpoint, restore, save
from chat.views.endpoint_page import EndpointPage, EndpointPlace, changed, show_page, show_part, wrong
from labeling.views.guards import managers_only
from reviewapp.lib.requests import UserRequest


@require_safe
@login_required
def endpoints(request: UserRequest) -> HttpResponse:
    listed = list(listed_endpoints_for(request.user))
    ctx = {
        "live": [each for each in listed if not each.is_archived],
        "archived": [each for each in listed if each.is_archived],
        "section": "chat",
    }
    return render(request, "chat/endpoints.html", ctx)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@managers_only
def new_endpoint(request: UserRequest) -> HttpResponse:
    """Only where it is; what else there is to say stands on its page."""
    endpoint = draft_endpoint(by=request.user)
    form = EndpointForm(request.POST if request.method == "POST" else None, endpoint=endpoint)
    if form.is_bound and save(form):
        messages.success(request, _("The endpoint is here. Send it a test message, then say who may chat with it."))
        return redirect("chat:endpoint", endpoint.pk)
    ctx = {"page": EndpointPage(endpoint, form=form), "section": "chat"}
    return render(request, "chat/endpoint_new.html", ctx, status=422 if form.is_bound else 200)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def endpoint(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    """Look at an endpoint, or change where it is."""
    endpoint = get_managed_endpoint_for(request.user, endpoint_id)
    if request.method != "POST":
        return show_page(request, EndpointPage(endpoint, search=request.GET.get("person", "")))
    form = EndpointForm(request.POST, endpoint=endpoint)
    if not save(form):
        return wrong(request, EndpointPage(endpoint, form=form))
    if not request.htmx:
        messages.success(request, _("Saved."))
    return changed(request, EndpointPage(endpoint, is_saved=True), "where")


@require_safe
@login_required
def endpoint_preview(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    """What people who chat will see."""
    endpoint = get_managed_endpoint_for(request.user, endpoint_id)
    return render(request, "chat/_endpoint_preview.html", {"page": EndpointPage(endpoint)})


@require_POST
@login_required
def suggest(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = get_managed_endpoint_for(request.user, endpoint_id)
    form = SuggestionsForm(request.POST)
    if not form.is_valid():
        return show_part(request, EndpointPage(endpoint, suggestions_form=form), "suggestions", status=422)
    endpoint.suggestions = form.cleaned_data["suggestions"]
    endpoint.save(update_fields=["suggestions"])
    return changed(request, EndpointPage(endpoint), "suggestions")


@require_POST
@login_required
def copy_endpoint(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    copy = copy_as_version(get_managed_endpoint_for(request.user, endpoint_id), by=request.user)
    messages.success(request, _("This is the copy: name its version, and change what is new about it."))
    return redirect("chat:endpoint", copy.pk)


@require_POST
@login_required
def archive_endpoint(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = get_managed_endpoint_for(request.user, endpoint_id)
    archive(endpoint)
    messages.success(request, _("Archived. It takes no new messages; its conversations can still be read."))
    return redirect("chat:endpoint", endpoint.pk)


@require_POST
@login_required
def restore_endpoint(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = get_managed_endpoint_for(request.user, endpoint_id)
    restore(endpoint)
    messages.success(request, _("Restored. It takes messages again."))
    return redirect("chat:endpoint", endpoint.pk)


def endpoint_place(user: User, endpoint_id: UUID, about: About) -> EndpointPlace:
    return EndpointPlace(EndpointAsking(get_managed_endpoint_for(user, endpoint_id), about))
