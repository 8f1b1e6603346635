"""What was said about traces there and what was said about them here, brought together.

What came from there is brought up to date; what stood here before is kept in `revisions`. What people said here is
changed by nobody there: that is a conflict, which a person settles on the connection's page. While something of a trace
waits to be sent, only what is new there is taken: the rest is compared when it has been sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from mlflow_bridge.fingerprints import as_json, fingerprint
from mlflow_bridge.models import Connection, Delivery
from traces.assessing import REVISED
from traces.elsewhere import kept_elsewhere
from traces.ingest.mlflow_json import MlflowAssessment, MlflowTrace
from traces.ingest.whole_traces import rows_of
from traces.models import Assessment, Trace

State = Delivery.State
CHANGED = ["name", "value", "error", "rationale", "metadata", "revisions", "valid", "deleted_at", "deleted_by",
           "updated_at"]  # fmt: skip
NOTED = ["state", "digest", "theirs", "error"]


@dataclass(slots=True)
class Sides:
    """The assessments and deliveries of a batch of traces, by assessment, and what is to be written of them."""

    connection: Connection
    here: dict[str, Assessment]
    deliveries: dict[str, Delivery]
    busy: set[str]  # traces of which something waits to be sent
    asked_at: datetime  # what was sent after this is not yet in what was asked for
    changed: dict[str, Assessment]
    noted: dict[str, Delivery]


def bring_together(
    connection: Connection, traces: Sequence[Trace], wholes: dict[str, MlflowTrace], asked_at: datetime
) -> set[str]:
    """Write what is new or changed; return the ids of traces that are to be looked at again.

    To be called in the transaction that stores the traces, whose rows it holds. Queries: the same for all.
    """
    sides = sides_of(connection, traces, asked_at)
    made: list[Assessment] = []
    for trace in traces:
        of_trace = {pk: each.deleted_at for pk, each in sides.here.items() if each.trace_id == trace.pk}
        told = wholes[trace.pk].assessments
        made += rows_of(trace, [each for each in told if each.assessment_id not in sides.here], of_trace)
        if trace.pk not in sides.busy:
            for each in told:
                compare(sides, trace, each)
            look_for_gone(sides, trace, told)
    # One whose id is known elsewhere is somebody else's: it is not taken.
    Assessment.objects.bulk_create(made, ignore_conflicts=True)
    kept = Assessment.objects.filter(pk__in=[each.pk for each in made], trace__in=traces).in_bulk()
    news = [came_from_there(connection, each) for each in made if each.pk in kept]
    Delivery.objects.bulk_create(news, ignore_conflicts=True)
    Assessment.objects.bulk_update(sides.changed.values(), CHANGED, batch_size=100)
    Delivery.objects.bulk_update(sides.noted.values(), NOTED, batch_size=100)
    return sides.busy


def sides_of(connection: Connection, traces: Sequence[Trace], asked_at: datetime) -> Sides:
    here = {each.pk: each for each in Assessment.objects.filter(trace__in=traces)}
    known = Delivery.objects.filter(connection=connection, assessment__in=here)
    deliveries = {each.assessment_id: each for each in known}
    waiting = (State.WAITING, State.GIVEN_UP)
    busy = {each.subject for each in deliveries.values() if each.state in waiting}
    return Sides(connection, here, deliveries, busy, asked_at, {}, {})


def came_from_there(connection: Connection, said: Assessment) -> Delivery:
    return Delivery(
        connection=connection, assessment=said, subject=said.trace_id, state=State.SENT, came=True, was_tried=True,
        digest=fingerprint(said), sent_at=timezone.now(),
    )  # fmt: skip


def compare(sides: Sides, trace: Trace, there: MlflowAssessment) -> None:
    """Take what changed there of one that is known, if it is from there; else note that it changed."""
    said = sides.here.get(there.assessment_id)
    if said is None or said.trace_id != trace.pk or said.deleted_at is not None:
        return
    delivery = sides.deliveries.get(said.pk)
    digest = fingerprint(there)
    if delivery is None:  # it came another way: with a file, or through the application itself
        delivery = came_from_there(sides.connection, said)
        delivery.save(force_insert=True)
        sides.deliveries[said.pk] = delivery
    if digest != delivery.digest and delivery.state == State.SENT and not is_fresher(sides, delivery):
        if delivery.came or digest == fingerprint(said):
            take(sides, said, there)
            delivery.digest = digest
        else:
            delivery.state, delivery.theirs = State.CONFLICT, as_json(there)
            delivery.error = _("It was changed on the server.")
        sides.noted[said.pk] = delivery
    if said.valid != there.valid and not kept_elsewhere(said) and not is_fresher(sides, delivery):
        said.valid = there.valid
        sides.changed[said.pk] = said


def is_fresher(sides: Sides, delivery: Delivery) -> bool:
    """Whether it was sent after the server was asked."""
    return delivery.sent_at is not None and delivery.sent_at > sides.asked_at


def take(sides: Sides, said: Assessment, there: MlflowAssessment) -> None:
    """Write what is there over what was taken over before, which is kept."""
    before = {key: getattr(said, key) for key in REVISED}
    now = {key: getattr(there, key) for key in REVISED}
    if before == now:
        return
    said.revisions = [*said.revisions, {**before, "until": timezone.now().isoformat()}]
    for key, value in now.items():
        setattr(said, key, value)
    said.updated_at = there.updated_at
    sides.changed[said.pk] = said


def look_for_gone(sides: Sides, trace: Trace, told: Sequence[MlflowAssessment]) -> None:
    """What came from there and is not there any more is deleted here too; of what was said here it is noted."""
    there = {each.assessment_id for each in told}
    for pk, delivery in sides.deliveries.items():
        said = sides.here[pk]
        is_here = said.trace_id == trace.pk and said.deleted_at is None and pk not in there
        if not is_here or delivery.state != State.SENT or is_fresher(sides, delivery) or was_withdrawn(delivery):
            continue
        if delivery.came:
            said.valid, said.deleted_at, said.updated_at = False, timezone.now(), timezone.now()
            said.deleted_by = f"MLflow: {sides.connection.name}"[:250]
            sides.changed[pk] = said
        else:
            delivery.state, delivery.theirs = State.CONFLICT, None
            delivery.error = _("It was deleted on the server.")
            sides.noted[pk] = delivery


def was_withdrawn(delivery: Delivery) -> bool:
    """Whether it is not there because it was taken away from here."""
    return delivery.digest == ""
