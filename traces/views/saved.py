"""Saved views of the list: everybody has their own, and sees those that others share."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from reviewapp.lib.requests import UserRequest
from traces.access import traces_for
from traces.explorer.query import Query
from traces.forms import SavedViewForm
from traces.models import SavedView
from traces.views.bulk import back_to


@require_POST
@login_required
def save_view(request: UserRequest) -> HttpResponse:
    """A name of one's own that is there already gets the new query."""
    traces_for(request.user)
    query = Query.written(request.POST.get("query", ""))
    form = SavedViewForm(request.POST)
    if not form.is_valid():
        ctx = {"view_form": form, "address": query.address(), "section": "traces"}
        return render(request, "traces/save_view.html", ctx, status=422)
    said = form.cleaned_data
    SavedView.objects.update_or_create(
        owner=request.user, name=said["name"], defaults={"query": query.address(), "is_shared": said["is_shared"]}
    )
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": said["name"]})
    return back_to(query)


@require_POST
@login_required
def forget_view(request: UserRequest, view_id: int) -> HttpResponse:
    traces_for(request.user)
    view = SavedView.objects.filter(owner=request.user, pk=view_id).first()
    if view is None:
        raise Http404
    view.delete()
    messages.success(request, _("The view “%(name)s” is gone.") % {"name": view.name})
    return back_to(Query.written(request.POST.get("query", "")))
