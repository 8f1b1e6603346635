"""The list of sessions, for managers."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.access import managed_sessions_for
from labeling.attention import needs_of
from reviewapp.lib.requests import UserRequest

PAGE = 30  # sessions


@require_safe
@login_required
def sessions(request: UserRequest) -> HttpResponse:
    pages = Paginator(managed_sessions_for(request.user), PAGE)
    page = pages.get_page(request.GET.get("page"))
    ctx = {"needs": needs_of(page.object_list), "page": page, "section": "sessions"}
    return render(request, "labeling/sessions.html", ctx)
