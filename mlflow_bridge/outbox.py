"""What is said here about answers whose traces live on an MLflow server is put on its way there.

In the transaction that writes the assessment, so nothing is lost and nothing sent that was not said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q

from chat.models import Turn
from mlflow_bridge.models import Connection, Delivery
from traces.announcing import on_assessed
from traces.models import Assessment

CONNECTED = "mlflow_bridge:connected"
CONNECTED_S = 5


@on_assessed
def put(assessment_ids: Sequence[str]) -> None:
    """Queue what concerns a connected server. Queries: none when none is connected, else 3."""
    of_endpoint = connected()
    if not of_endpoint:
        return
    # What is overridden stays there: the one that overrides it tells so.
    replaced = Assessment.objects.filter(overrides=OuterRef("pk"))
    assessments = Assessment.objects.filter(Q(valid=True) | ~Exists(replaced), pk__in=assessment_ids)
    assessments = assessments.order_by("created_at", "pk")
    turns = {
        turn.trace_id: turn
        for turn in Turn.objects.select_related("conversation").filter(
            trace__in={each.trace_id for each in assessments}, conversation__endpoint__in=of_endpoint
        )
    }
    rows = [
        Delivery(connection_id=connection_id, assessment=each, turn=turn, deed=deed_of(each), subject=each.trace_id)
        for each, turn in concerned(assessments, turns)
        for connection_id in of_endpoint[turn.conversation.endpoint_id]
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)


def connected() -> dict[UUID, list[UUID]]:
    """Return the connections of each endpoint that has some; asked with every label, so kept for seconds."""
    known: dict[UUID, list[UUID]] | None = cache.get(CONNECTED)
    if known is None:
        known = {}
        pairs = Connection.endpoints.through.objects.filter(connection__is_on=True)
        for endpoint_id, connection_id in pairs.values_list("endpoint_id", "connection_id"):
            known.setdefault(endpoint_id, []).append(connection_id)
        cache.set(CONNECTED, known, CONNECTED_S)
    return known


def forget_connected() -> None:
    """To be called when a connection was changed; other processes hear of it within seconds."""
    cache.delete(CONNECTED)


def concerned(assessments: Iterable[Assessment], turns: dict[str | None, Turn]) -> Iterator[tuple[Assessment, Turn]]:
    for each in assessments:
        if turn := turns.get(each.trace_id):
            yield each, turn


def deed_of(assessment: Assessment) -> str:
    return Delivery.Deed.WRITE if assessment.valid else Delivery.Deed.RETRACT
