"""Connections to MLflow servers: what goes there, and how it stands."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mlflow_bridge.access import connections_for, get_conflict_for, get_connection_for
from mlflow_bridge.delivering import try_again
from mlflow_bridge.forms import ConnectionForm
from mlflow_bridge.models import Connection
from mlflow_bridge.outbox import forget_connected
from mlflow_bridge.server import MlflowServer, ServerError
from mlflow_bridge.settling import keep_theirs, send_ours
from mlflow_bridge.standing import standing_of
from reviewapp.lib.requests import UserRequest


@require_safe
@login_required
def connections(request: UserRequest) -> HttpResponse:
    ctx = {"connections": connections_for(request.user), "section": "chat"}
    return render(request, "mlflow_bridge/connections.html", ctx)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_connection(request: UserRequest) -> HttpResponse:
    connections_for(request.user)  # or 404
    form = ConnectionForm(request.POST or None, instance=Connection(created_by=request.user))
    if form.is_bound and form.is_valid():
        return redirect(kept(form))
    ctx = {"form": form, "section": "chat"}
    return render(request, "mlflow_bridge/connection.html", ctx, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def connection(request: UserRequest, connection_id: UUID) -> HttpResponse:
    connected = get_connection_for(request.user, connection_id)
    form = ConnectionForm(request.POST or None, instance=connected)
    if form.is_bound and form.is_valid():
        messages.success(request, _("Saved."))
        return redirect(kept(form))
    ctx = {"connection": connected, "form": form, "standing": standing_of(connected), "section": "chat"}
    return render(request, "mlflow_bridge/connection.html", ctx, status=422 if form.is_bound else 200)


def kept(form: ConnectionForm) -> Connection:
    connected = form.save()
    forget_connected()
    return connected


@require_POST
@login_required
def check_connection(request: UserRequest, connection_id: UUID) -> HttpResponse:
    """Ask the server for its experiments, and say what it answers."""
    connected = get_connection_for(request.user, connection_id)
    try:
        with MlflowServer(connected) as server:
            n = len(server.all_experiments())
    except ServerError as error:
        connected.note_error(str(error))
        messages.error(request, str(error))
    else:
        connected.note_reached()
        words = ngettext(
            "The server answers. It has %(n)d experiment.", "The server answers. It has %(n)d experiments.", n
        )
        messages.success(request, words % {"n": n})
    return redirect(connected)


@require_POST
@login_required
def deliver_again(request: UserRequest, connection_id: UUID) -> HttpResponse:
    connected = get_connection_for(request.user, connection_id)
    n = try_again(connected)
    messages.success(request, ngettext("%(n)d will be sent now.", "%(n)d will be sent now.", n) % {"n": n})
    return redirect(connected)


@require_POST
@login_required
def pull_now(request: UserRequest, connection_id: UUID) -> HttpResponse:
    """Let the worker begin; it also looks again at everything that it may look at again."""
    connected = get_connection_for(request.user, connection_id)
    connected.pull_now()
    messages.success(request, _("Traces are being taken over now. This page shows how it goes when you load it again."))
    return redirect(connected)


@require_POST
@login_required
def pause(request: UserRequest, connection_id: UUID) -> HttpResponse:
    """Stop taking traces over, or go on where it stopped."""
    connected = get_connection_for(request.user, connection_id)
    connected.pulls = request.POST.get("pulls") == "on"
    connected.save(update_fields=["pulls"])
    messages.success(request, _("Traces are taken over again.") if connected.pulls else _("Paused."))
    return redirect(connected)


@require_POST
@login_required
def settle(request: UserRequest, connection_id: UUID, number: int) -> HttpResponse:
    """Decide about an assessment that was changed there and here."""
    conflict = get_conflict_for(request.user, connection_id, number)
    if request.POST.get("keep") == "ours":
        send_ours(conflict)
        messages.success(request, _("What is here will be written to the server."))
    else:
        keep_theirs(conflict, by=request.user)
        messages.success(request, _("What is on the server stays."))
    return redirect(conflict.connection)
