"""Who connects MLflow servers: managers and admins. To anybody else these pages do not exist."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from accounts.models import User
from mlflow_bridge.models import Connection


def connections_for(user: User) -> QuerySet[Connection]:
    """Return the connections, each with `n_waiting` and `n_given_up`. Raises: Http404."""
    if not user.runs_sessions:
        raise Http404("connects nothing")
    return Connection.objects.annotate(
        n_waiting=Count("deliveries", filter=Q(deliveries__state="waiting")),
        n_given_up=Count("deliveries", filter=Q(deliveries__state="given_up")),
    )


def get_connection_for(user: User, connection_id: UUID) -> Connection:
    """Raises: Http404."""
    connection = connections_for(user).filter(pk=connection_id).first()
    if connection is None:
        raise Http404("no such connection")
    return connection
