"""Home, what a load balancer asks, and what can't be taken."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth.decorators import login_not_required, login_required
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.views import defaults
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from chat.access import conversations_for, endpoints_for
from labeling.access import managed_sessions_for
from labeling.attention import needs_of
from labeling.work import work_of
from reviewapp.lib.requests import UserRequest
from reviewapp.models import Heartbeat
from traces.models import Trace

MOST_RUN = 8  # sessions on a manager's home page
MOST_TO_TALK_TO = 3  # endpoints; all of them are on the chat's own page
MOST_TALKS = 3  # conversations to go on with
MOST_COUNTED = 1000  # traces; beyond it home says "more than"


@require_safe
@login_required
def home(request: UserRequest) -> HttpResponse:
    user = request.user
    # What is to do comes first, and of that what was begun.
    work = sorted(work_of(user), key=lambda each: (each.truth is not None, not each.done + each.declined))
    to_do = [each for each in work if each.truth is None]
    ctx = {
        "work": work,
        "to_do": to_do,
        "n_left": sum(each.total - each.done - each.declined for each in to_do),
        "minutes_left": sum(each.minutes_left or 0 for each in to_do),
        "endpoints": endpoints_for(user).order_by("name", "-created_at")[:MOST_TO_TALK_TO],  # new versions first
        "talks": conversations_for(user).filter(archived_at=None).exclude(leaf=None)[:MOST_TALKS],
        "needs": needs_of(managed_sessions_for(user)[:MOST_RUN]) if user.runs_sessions else [],
        "n_traces": Trace.objects.all()[: MOST_COUNTED + 1].count() if user.reads_traces else 0,
        "most_counted": MOST_COUNTED,
        "section": "home",
    }
    return render(request, "home.html", ctx)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say what can be done about a form that is too big; the rest is not understood. Drawn without any context."""
    if isinstance(exception, RequestDataTooBig):
        return HttpResponse(loader.render_to_string("413.html"), status=413)
    return defaults.bad_request(request, exception)


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """Say for each part whether it answers; 503 when one does not."""
    parts = {
        "database": database_answers(),
        "channel_layer": channel_layer_answers(),
        "worker": worker_answers(),
    }
    ready = all(parts.values())
    return JsonResponse({"ready": ready, **parts}, status=200 if ready else 503)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def worker_answers() -> bool:
    """Whether the worker is alive; where none was ever started, none is needed."""
    try:
        return not Heartbeat.misses("worker")
    except DatabaseError:
        return False


def channel_layer_answers() -> bool:
    """Send to a group that nobody is in, so that no message is left to pile up."""
    try:
        async_to_sync(get_channel_layer().group_send)("readyz", {"type": "ping"})
    except (OSError, RedisError):
        return False
    return True
