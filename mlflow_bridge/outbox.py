"""What is said here about traces that live on an MLflow server is put on its way there.

Those are the traces that were taken over from it, and those of answers in the chat whose application writes its traces
there. It happens in the transaction that writes the assessment, so nothing is lost and nothing sent that was not said.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from chat.models import Turn
from mlflow_bridge.models import Connection, Delivery
from mlflow_bridge.pulling.models import PulledTrace
from traces.announcing import on_assessed
from traces.models import Assessment

CONNECTED = "mlflow_bridge:connected"
CONNECTED_S = 5
COPY_OF = "reviewapp.copy_of"  # metadata: of a judgement of the chat, on the application's own trace
AGAIN = ["state", "change", "next_at", "error"]

Place = tuple[UUID, str, Turn | None]  # connection, id of the trace there if it is known, turn of the chat


@on_assessed
def put(assessment_ids: Sequence[str]) -> None:
    """Queue what concerns a connected server. Queries: none when none is connected, else 4."""
    connections = connected()
    if not connections:
        return
    # What is overridden stays there: the one that overrides it tells so.
    replaced = Assessment.objects.filter(overrides=OuterRef("pk"))
    said = Assessment.objects.filter(Q(valid=True) | ~Exists(replaced), pk__in=assessment_ids)
    assessments = list(said.order_by("created_at", "pk"))
    places = places_of({each.trace_id for each in assessments}, connections)
    if places:
        queue(assessments, places)


def queue(assessments: Sequence[Assessment], places: dict[str, list[Place]]) -> None:
    """Write the rows; of one that is there already only the change is new."""
    now = timezone.now()
    originals = originals_of(assessments)
    rows = [
        Delivery(
            connection_id=connection_id, assessment=each, turn=turn, subject=each.trace_id,
            remote_trace_id=remote_id, change=uuid.uuid4(), next_at=now,
        )
        for each in assessments
        for connection_id, remote_id, turn in places.get(each.trace_id, ())
        if (connection_id, each.metadata.get(COPY_OF)) not in originals
    ]  # fmt: skip
    Delivery.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["connection", "assessment"], update_fields=AGAIN
    )


def originals_of(assessments: Sequence[Assessment]) -> set[tuple[UUID, str]]:
    """Return what of a chat goes to which connection already: then its copy, on the same trace there, does not."""
    ids = [each.metadata[COPY_OF] for each in assessments if COPY_OF in each.metadata]
    return set(Delivery.objects.filter(assessment__in=ids).values_list("connection", "assessment")) if ids else set()


def places_of(trace_ids: set[str], connections: dict[UUID, list[UUID]]) -> dict[str, list[Place]]:
    """Return where traces live, by our ids. A trace that was taken over is known there by its id. Queries: 2."""
    places: dict[str, dict[UUID, Place]] = {}
    writing = Q(connection__writes_back=True)
    for pulled in PulledTrace.objects.filter(writing, trace__in=trace_ids):
        place = (pulled.connection_id, pulled.remote_id, None)
        places.setdefault(str(pulled.trace_id), {})[pulled.connection_id] = place
    for trace_id, connection_id, turn in of_the_chat(trace_ids, connections):
        places.setdefault(trace_id, {}).setdefault(connection_id, (connection_id, "", turn))
    return {trace_id: [*found.values()] for trace_id, found in places.items()}


def of_the_chat(trace_ids: set[str], connections: dict[UUID, list[UUID]]) -> Iterator[tuple[str, UUID, Turn]]:
    turns = Turn.objects.select_related("conversation").filter(
        trace__in=trace_ids, conversation__endpoint__in={each for some in connections.values() for each in some}
    )
    for turn in turns:
        for connection_id, endpoint_ids in connections.items():
            if turn.conversation.endpoint_id in endpoint_ids:
                yield str(turn.trace_id), connection_id, turn


def connected() -> dict[UUID, list[UUID]]:
    """Return the endpoints of each connection that is written to; asked with every label, so kept for seconds."""
    known: dict[UUID, list[UUID]] | None = cache.get(CONNECTED)
    if known is None:
        known = {}
        writing = Connection.objects.filter(writes_back=True)  # while one is off, it waits
        for connection_id, endpoint_id in writing.values_list("pk", "endpoints"):
            known.setdefault(connection_id, []).extend([endpoint_id] if endpoint_id else [])
        cache.set(CONNECTED, known, CONNECTED_S)
    return known


def forget_connected() -> None:
    """To be called when a connection was changed; other processes hear of it within seconds."""
    cache.delete(CONNECTED)
