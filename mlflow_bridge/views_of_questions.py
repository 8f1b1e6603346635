"""Questions of an experiment there and here: a preview of what would change, and two buttons."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from mlflow_bridge.access import get_remote_experiment_for
from mlflow_bridge.exchanging import Plan, give, plan_to_give, plan_to_take, questions_here, take
from mlflow_bridge.pulling.models import RemoteExperiment
from mlflow_bridge.server import MlflowServer, ServerError
from mlflow_bridge.server_schemas import label_schemas
from reviewapp.lib.requests import UserRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def questions(request: UserRequest, connection_id: UUID, number: int) -> HttpResponse:
    """Form: direction (take or give) and the digest of the plan that was shown: only that one is done."""
    there = get_remote_experiment_for(request.user, connection_id, number)
    ctx = {"there": there, "connection": there.connection, "section": "chat"}
    try:
        with MlflowServer(there.connection) as server:
            theirs = label_schemas(server, there.remote_id)
            here = questions_here(there)
            plans = {"take": plan_to_take(here, theirs), "give": plan_to_give(here, theirs)}
            plan = plans.get(request.POST.get("direction", ""))
            if plan is not None and carried_out(request, server, there, plan):
                return redirect("mlflow_bridge:connection-questions", connection_id, number)
    except ServerError as error:
        return render(request, "mlflow_bridge/questions.html", {**ctx, "error": str(error)}, status=502)
    status = 200 if request.method != "POST" else 409
    return render(request, "mlflow_bridge/questions.html", {**ctx, **plans}, status=status)


def carried_out(request: UserRequest, server: MlflowServer, there: RemoteExperiment, plan: Plan) -> bool:
    """Do what was shown; False when it would be something else by now. Raises: ServerError."""
    if request.POST.get("digest") != plan.digest:
        messages.error(request, _("The questions changed meanwhile. Look at what would happen now."))
        return False
    try:
        taking = request.POST["direction"] == "take"
        n = take(there, plan, by=request.user) if taking else give(server, there, plan)
    except ValidationError as error:
        messages.error(request, "; ".join(error.messages))
        return False
    words = ngettext("%(n)d question was taken over.", "%(n)d questions were taken over.", n) if taking else ngettext(
        "%(n)d question was given to the server.", "%(n)d questions were given to the server.", n
    )  # fmt: skip
    messages.success(request, words % {"n": n})
    return True
