"""How a connection stands: what its page shows beside the form. Every number is of now."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from mlflow_bridge.models import Connection, Delivery
from mlflow_bridge.pulling.models import RemoteExperiment
from mlflow_bridge.related import page_of

UNDONE = 50  # deliveries shown
EXPERIMENTS = 100


@dataclass(frozen=True, slots=True)
class Room:
    """An experiment there and here."""

    there: RemoteExperiment
    n_traces: int
    address: str  # in MLflow's pages


@dataclass(frozen=True, slots=True)
class Standing:
    """n_traces is of all experiments; lacking are traces whose files are still to come, unread those with a problem."""

    rooms: list[Room]
    n_traces: int
    n_lacking: int
    n_unread: int
    problem: str
    conflicts: QuerySet[Delivery]
    undone: QuerySet[Delivery]


def standing_of(connection: Connection) -> Standing:
    """Queries: 6."""
    experiments = list(connection.experiments.select_related("experiment")[:EXPERIMENTS])
    pulled = connection.pulled_traces.filter(trace__isnull=False, trace__deleted_at=None)
    counts = dict(pulled.values_list("remote_experiment").annotate(n=Count("pk")).order_by())
    unread = connection.pulled_traces.exclude(error="")
    first = unread.order_by("-pk").values_list("error", flat=True).first() or ""
    deliveries = connection.deliveries.select_related("assessment").order_by("pk")
    return Standing(
        rooms=[Room(each, counts.get(each.pk, 0), page_of(connection, each.remote_id)) for each in experiments],
        n_traces=sum(counts.values()),
        n_lacking=connection.pulled_traces.filter(lacks__isnull=False).count(),
        n_unread=unread.count() if first else 0,
        problem=first,
        conflicts=deliveries.filter(state=Delivery.State.CONFLICT)[:UNDONE],
        undone=deliveries.filter(Q(state=Delivery.State.WAITING) | Q(state=Delivery.State.GIVEN_UP))[:UNDONE],
    )
