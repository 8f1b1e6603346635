"""Sending a dataset to a connected server, for whoever sees datasets."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mlflow_bridge.dataset_sync import ask_for
from mlflow_bridge.models import Connection
from quality.access import get_dataset_for
from reviewapp.lib.requests import UserRequest


@require_POST
@login_required
def send_dataset(request: UserRequest, connection_id: UUID, dataset_id: str) -> HttpResponse:
    dataset = get_dataset_for(request.user, dataset_id)
    connection = Connection.objects.filter(pk=connection_id, is_on=True).first()
    if connection is None:
        raise Http404("no such connection, or it is off")
    ask_for(dataset, connection, by=request.user)
    messages.success(request, _("It is on its way to %(server)s.") % {"server": connection.name})
    return redirect(dataset)
