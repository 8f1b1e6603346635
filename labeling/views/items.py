"""The items of a session, for whoever runs it: the list behind every number, and one item with what was said."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from labeling.access import get_managed_session_for
from labeling.listing import ItemFilter, Show, in_words, page_of
from labeling.said import rows_of
from labeling.session_actions import actions_for
from reviewapp.lib.requests import UserRequest
from traces.reading import conversation_of


@require_safe
@login_required
def items(request: UserRequest, session_id: UUID) -> HttpResponse:
    session = get_managed_session_for(request.user, session_id)
    by = ItemFilter.of(request.GET)
    choices = [(label, by.query(show=show), show == by.show) for show, label in Show.choices]
    ctx = {
        "session": session, "tab": "items", "page": page_of(session, by), "by": by, "choices": choices,
        "conditions": in_words(session, by), "actions": actions_for(request.user), "section": "sessions",
    }  # fmt: skip
    response = render(request, "labeling/_items.html" if request.htmx else "labeling/items.html", ctx)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@login_required
def item(request: UserRequest, session_id: UUID, item_id: UUID) -> HttpResponse:
    session = get_managed_session_for(request.user, session_id)
    row = next(iter(rows_of(session, session.items.filter(pk=item_id))), None)
    if row is None:
        raise Http404("no such item")
    position = row.item.position
    ctx = {
        "session": session, "tab": "items", "row": row, "conversation": conversation_of(row.item.trace),
        "before": session.items.filter(position__lt=position).order_by("-position").first(),
        "after": session.items.filter(position__gt=position).order_by("position").first(),
        "section": "sessions",
    }  # fmt: skip
    return render(request, "labeling/item.html", ctx)
