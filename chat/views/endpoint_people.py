"""Who may chat with an endpoint."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from chat.access import get_managed_endpoint_for
from chat.views.endpoint_page import EndpointPage, changed
from reviewapp.lib.requests import UserRequest


@require_safe
@login_required
def find_people(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    """The people one can add, by name or e-mail."""
    endpoint = get_managed_endpoint_for(request.user, endpoint_id)
    page = EndpointPage(endpoint, search=request.GET.get("person", ""))
    return render(request, "chat/_endpoint_candidates.html", {"page": page})


@require_POST
@login_required
def let_in(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = get_managed_endpoint_for(request.user, endpoint_id)
    endpoint.people.add(get_object_or_404(User, email=request.POST.get("email", ""), is_active=True))
    return changed(request, EndpointPage(endpoint), "people")


@require_POST
@login_required
def let_out(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    """Take no more messages of them. Their conversations stay theirs, to be read."""
    endpoint = get_managed_endpoint_for(request.user, endpoint_id)
    endpoint.people.remove(get_object_or_404(User, email=request.POST.get("email", "")))
    return changed(request, EndpointPage(endpoint), "people")


@require_POST
@login_required
def set_audience(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    """Everybody, or the people who are chosen; who these are is kept either way."""
    endpoint = get_managed_endpoint_for(request.user, endpoint_id)
    endpoint.is_for_everybody = request.POST.get("audience") == "everybody"
    endpoint.save(update_fields=["is_for_everybody"])
    return changed(request, EndpointPage(endpoint), "people")
