"""Connected MLflow servers as places where a dataset can be sent, and how it stands there in words."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from mlflow_bridge.dataset_copies import DatasetCopy
from mlflow_bridge.models import Connection
from quality.destinations import Destination, offers
from quality.models import EvaluationDataset
from traces.templatetags.times import ago

State = DatasetCopy.State


@offers
def servers_for(dataset: EvaluationDataset, user: User) -> Sequence[Destination]:
    """Queries: 2, and one for each server that has it."""
    if not user.reads_traces:
        return []
    copies = {copy.connection_id: copy for copy in dataset.copies.all()}
    return [
        destination_of(connection, dataset, copies.get(connection.pk))
        for connection in Connection.objects.order_by("name")
        if connection.is_on or connection.pk in copies
    ]


def destination_of(connection: Connection, dataset: EvaluationDataset, copy: DatasetCopy | None) -> Destination:
    url = reverse("mlflow_bridge:send-dataset", args=[connection.pk, dataset.pk])
    deed = _("Sync to MLflow") if copy is None else _("Sync again")
    state, tone, words = (_("not there"), "", connection.tracking_uri) if copy is None else standing(copy, dataset)
    is_moving = copy is not None and copy.state == State.WAITING
    if not connection.is_on:
        state, tone, words, is_moving = _("off"), "", _("The connection is switched off."), False
    return Destination(connection.name, deed, url, state, tone, words, is_moving)


def standing(copy: DatasetCopy, dataset: EvaluationDataset) -> tuple[str, str, str]:
    """Return the state, its tone and a sentence."""
    copy.dataset = dataset
    n = copy.unsent().count()
    if copy.state == State.GIVEN_UP:
        return _("not sent"), "fail", copy.error
    if copy.state == State.WAITING and copy.error:
        return _("waiting"), "warn", _("%(error)s It is tried again.") % {"error": copy.error}
    if copy.state == State.WAITING:
        left = ngettext("%(n)d record is still to be sent.", "%(n)d records are still to be sent.", n)
        return _("on its way"), "warn", left % {"n": n}
    when = _("Sent %(when)s.") % {"when": ago(copy.sent_at)}
    if n:
        since = ngettext("%(n)d record changed here since.", "%(n)d records changed here since.", n) % {"n": n}
        return _("changed since"), "warn", f"{when} {since}"
    return _("in step"), "pass", _("%(when)s What is removed here stays there.") % {"when": when}
