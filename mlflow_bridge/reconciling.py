"""Bring what one assessment says to a server: written if it is not there, corrected if it is, or taken away.

Nothing here touches the database: it runs in threads. What is on the server is looked at before it is changed, except
for the first time; what somebody changed there meanwhile is left, and reported as a conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from mlflow_bridge import server_assessments as assessments
from mlflow_bridge import server_traces as traces
from mlflow_bridge.fingerprints import as_json, fingerprint, fingerprint_there
from mlflow_bridge.models import Delivery
from mlflow_bridge.server import MlflowServer, NotThere, Said
from traces.ingest.mlflow_json import read_assessment
from traces.ingest.otlp import BadBody

BEFORE_TURN = timedelta(seconds=2)  # an application's clock may be a little behind ours


@dataclass(frozen=True, slots=True)
class Arrived:
    """There is what is here. `digest` is of what stands there, empty for nothing."""

    trace_id: str
    digest: str = ""
    remote_id: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    words: str
    theirs: dict[str, Any] | None = None


Outcome = Arrived | Conflict


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery with what the database knows besides.

    is_gone      whether it is to be taken away there
    overrides    the id there of what it overrides, empty for none
    """

    delivery: Delivery
    is_gone: bool
    overrides: str


def bring_there(server: MlflowServer, parcel: Parcel) -> Outcome:
    """Raises: ServerError; NotThere when the trace is not there."""
    delivery = parcel.delivery
    trace_id = delivery.remote_trace_id or place_of(server, delivery)
    found = there_already(server, trace_id, delivery) if delivery.was_tried else None
    if parcel.is_gone:
        return take_away(server, trace_id, delivery, found)
    written = assessments.as_mlflow(trace_id, delivery.assessment, has_spans=delivery.turn_id is None)
    written |= {"overrides": parcel.overrides} if parcel.overrides else {}
    if found is None:
        if delivery.digest and not delivery.is_forced:
            return Conflict(_("It was deleted on the server."))
        return write(server, trace_id, written)
    written["assessment_id"] = found["assessment_id"]
    return correct(server, trace_id, delivery, written, found)


def correct(server: MlflowServer, trace_id: str, delivery: Delivery, written: Said, found: Said) -> Outcome:
    said, there = delivery.assessment, fingerprint_there(found)
    if said.valid and found.get("valid") is False:
        if not delivery.is_forced:
            return Conflict(_("On the server a later one stands in its place."), shown(found))
        assessments.retract(server, trace_id, found["assessment_id"])
        return write(server, trace_id, written)
    if there == fingerprint(said):
        return Arrived(trace_id, there, found["assessment_id"])
    if delivery.digest and there != delivery.digest and not delivery.is_forced:
        return Conflict(_("It was changed on the server."), shown(found))
    changed = assessments.correct(server, trace_id, written)
    return Arrived(trace_id, fingerprint_there(changed), found["assessment_id"])


def write(server: MlflowServer, trace_id: str, written: Said) -> Arrived:
    """Write it, with its place in the chain; where what it overrides is not there, by itself. Raises: NotThere."""
    remark = ""
    try:
        new = assessments.write(server, trace_id, written)
    except NotThere:
        if "overrides" not in written or not traces.is_there(server, trace_id):
            raise
        new = assessments.write(server, trace_id, {k: v for k, v in written.items() if k != "overrides"})
        remark = _("What it replaces is not on the server: it stands there by itself.")
    return Arrived(trace_id, fingerprint_there(new), str(new.get("assessment_id", "")), remark)


def take_away(server: MlflowServer, trace_id: str, delivery: Delivery, found: Said | None) -> Outcome:
    if found is None:
        return Arrived(trace_id)
    if delivery.digest and fingerprint_there(found) != delivery.digest and not delivery.is_forced:
        return Conflict(_("It was changed on the server, and deleted here."), shown(found))
    assessments.retract(server, trace_id, found["assessment_id"])
    return Arrived(trace_id)


def there_already(server: MlflowServer, trace_id: str, delivery: Delivery) -> Said | None:
    """Return what an earlier attempt, or another server's user, left there under the assessment's id.

    A server that gives ids of its own may have got it without our hearing of it: then name, source and time tell.
    """
    found = assessments.read(server, trace_id, delivery.remote_id or delivery.assessment_id)
    if found or delivery.digest:
        return found
    said = delivery.assessment
    wanted = (said.name, said.source_type, said.source_id)
    for each in traces.assessments_of(server, trace_id):
        source = each.get("source") or {}
        named = (each.get("assessment_name"), source.get("source_type"), source.get("source_id"))
        if named == wanted and is_same_moment(str(each.get("create_time")), said.created_at):
            return each
    return None


def is_same_moment(text: str, at: datetime) -> bool:
    """Whether a time there, which has milliseconds, is the same."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return False
    return moment is not None and moment.tzinfo is not None and abs(moment - at) < timedelta(milliseconds=1)


def shown(found: Said) -> dict[str, Any]:
    try:
        return as_json(read_assessment(found))
    except BadBody:
        return {"digest": fingerprint_there(found)}


def place_of(server: MlflowServer, delivery: Delivery) -> str:
    """Return the id of the application's trace: as it said itself, else as found by session and time.

    Raises: NotThere.
    """
    turn = delivery.turn
    if turn is None:
        return delivery.assessment.trace_id
    if turn.own_trace_id:
        return turn.own_trace_id
    until = (turn.ended_at or timezone.now()) + BEFORE_TURN
    session = str(turn.conversation_id)
    found = traces.of_session(server, session, since=turn.started_at - BEFORE_TURN, until=until)
    if not found and turn.conversation.endpoint.sends_traceparent:
        return delivery.assessment.trace_id  # then its trace has the id of ours
    if not found:
        raise NotThere(_("No trace of this conversation is there yet."))
    return found[-1]
