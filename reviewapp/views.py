"""Home, and what a load balancer asks."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.work import work_of
from reviewapp.lib.requests import UserRequest


@require_safe
@login_required
def home(request: UserRequest) -> HttpResponse:
    return render(request, "home.html", {"work": work_of(request.user)})


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say for each part whether it answers; 503 when one does not."""
    parts = {"database": database_answers(), "channel_layer": channel_layer_answers()}
    ready = all(parts.values())
    return JsonResponse({"ready": ready, **parts}, status=200 if ready else 503)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def channel_layer_answers() -> bool:
    try:
        async_to_sync(get_channel_layer().send)("readyz", {"type": "ping"})
    except OSError:
        return False
    return True
