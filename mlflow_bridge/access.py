"""Who connects MLflow servers: managers and admins. To anybody else these pages do not exist."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from accounts.models import User
from mlflow_bridge.models import Connection, Delivery
from mlflow_bridge.pulling.models import RemoteExperiment


def connections_for(user: User) -> QuerySet[Connection]:
    """Return the connections, each with `n_waiting`, `n_given_up` and `n_conflicts`. Raises: Http404."""
    if not user.runs_sessions:
        raise Http404("connects nothing")
    return Connection.objects.annotate(
        n_waiting=Count("deliveries", filter=Q(deliveries__state="waiting")),
        n_given_up=Count("deliveries", filter=Q(deliveries__state="given_up")),
        n_conflicts=Count("deliveries", filter=Q(deliveries__state="conflict")),
    )


def get_connection_for(user: User, connection_id: UUID) -> Connection:
    """Raises: Http404."""
    connection = connections_for(user).filter(pk=connection_id).first()
    if connection is None:
        raise Http404("no such connection")
    return connection


def get_remote_experiment_for(user: User, connection_id: UUID, number: int) -> RemoteExperiment:
    """Raises: Http404."""
    connection = get_connection_for(user, connection_id)
    found = connection.experiments.select_related("experiment", "connection").filter(pk=number).first()
    if found is None:
        raise Http404("no such experiment")
    return found


def get_conflict_for(user: User, connection_id: UUID, number: int) -> Delivery:
    """Return a delivery that somebody has to decide about. Raises: Http404, also when it was decided."""
    connection = get_connection_for(user, connection_id)
    conflicts = connection.deliveries.filter(state=Delivery.State.CONFLICT).select_related("assessment")
    found = conflicts.filter(pk=number).first()
    if found is None:
        raise Http404("no such conflict")
    return found
