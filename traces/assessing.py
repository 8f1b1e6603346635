"""Saying something about a trace or a span, and changing one's mind: what MLflow's clients can do, and nothing is lost.

    log         write a new assessment; it may override another one
    override    another mind in place of this one: a new row, and the old one is not valid any more
    update      correct it in place, under its id; what stood there is kept in `revisions`
    delete      it is gone for everybody, and what it overrode holds again; it stays in the history
    restore     a deleted one holds again, in the place of what held meanwhile
    say         what a person holds, over what they held: `log`, `override`, or nothing when it is the same

All verbs about one trace come one after the other: each locks the trace's row and reads the assessment
anew, so of two changes at the same time the second sees the first. Each tells `traces.announcing`.

AssessingError
├── Replaced   a later assessment stands in its place: `by`; None when it was only withdrawn
└── Deleted    it is only history now
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from reviewapp.lib.columns import Columns, fetch, mark_stored, run
from traces.announcing import announce_assessed
from traces.elsewhere import kept_elsewhere
from traces.models import Assessment, Json, Trace

SourceType = Assessment.SourceType
NEW = Columns(Assessment)
REVISED = ("name", "value", "error", "rationale", "metadata")  # what an update may change


class Unchanged(Enum):
    """What `update` leaves as it is; None is a value."""

    KEEP = "keep"


KEEP: Final = Unchanged.KEEP


class AssessingError(Exception):
    """It is not what it was when the person, or the program, last saw it."""


class Replaced(AssessingError):
    def __init__(self, by: Assessment | None) -> None:
        super().__init__("It has been replaced." if by else "It has been withdrawn.")
        self.by = by


class Deleted(AssessingError):
    pass


@transaction.atomic
def log(trace: Trace, *, overrides: Assessment | None = None, **fields: Any) -> Assessment:
    """Write an assessment and return it.

    fields  those of the model: name, kind, source_type and source_id are needed; value or error; rationale,
            span_id, metadata, assessment_id and created_at may be given
    Raises: ValidationError by field; Replaced and Deleted for what it should override.
    """
    lock(trace.pk)
    said = Assessment(trace=trace, overrides=overrides, **fields)
    said.updated_at = said.created_at
    said.clean_fields(exclude=["trace", "overrides"])
    if overrides is not None:
        retire(current(overrides))
    run(NEW.insertion_of([said]))
    mark_stored(said)
    announce_assessed([each.pk for each in (overrides, said) if each is not None])
    return said


def override(
    assessment: Assessment,
    *,
    value: Json,
    rationale: str = "",
    error: dict[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    by: User | None = None,
) -> Assessment:
    """Put another mind in the place of this one and return it; by its own source, or by the person who says it now.

    Raises: Replaced, Deleted.
    """
    source = (SourceType.HUMAN, by.email) if by else (assessment.source_type, assessment.source_id)
    return log(
        assessment.trace, overrides=assessment, name=assessment.name, kind=assessment.kind,
        span_id=assessment.span_id, value=value, error=error, rationale=rationale,
        metadata=dict(assessment.metadata if metadata is None else metadata),
        source_type=source[0], source_id=source[1],
    )  # fmt: skip


@transaction.atomic
def update(
    assessment: Assessment,
    *,
    name: str | None = None,
    value: Json | Unchanged = KEEP,
    error: dict[str, Any] | None | Unchanged = KEEP,
    rationale: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Assessment:
    """Correct it in place and return it as it is now; what is not given stays, and metadata is added to what is there.

    Raises: ValidationError by field; Deleted.
    """
    lock(assessment.trace_id)
    fresh = reread(assessment)
    changed = {"name": name, "rationale": rationale}
    wanted: dict[str, Any] = {key: text for key, text in changed.items() if text is not None}
    wanted |= {key: given for key, given in (("value", value), ("error", error)) if given is not KEEP}
    wanted["metadata"] = {**fresh.metadata, **(metadata or {})}
    before = {key: getattr(fresh, key) for key in REVISED}
    if same(before | wanted, before):
        return fresh
    fresh.revisions = [*fresh.revisions, {**before, "until": timezone.now().isoformat()}]
    fresh.updated_at = timezone.now()
    for key, given in wanted.items():
        setattr(fresh, key, given)
    fresh.clean_fields(exclude=["trace", "overrides"])
    fresh.save(update_fields=[*wanted, "revisions", "updated_at"])
    announce_assessed([fresh.pk])
    return fresh


@transaction.atomic
def delete(assessment: Assessment, *, by: User | None = None) -> Assessment | None:
    """Take it away; return what holds again in its place, if anything does.

    What was overridden before it holds again, as in MLflow; deleting one that another overrides already
    revives nothing. A second time changes nothing.
    """
    lock(assessment.trace_id)
    fresh = Assessment.objects.get(pk=assessment.pk)
    if fresh.deleted_at is not None:
        return None
    now = timezone.now()
    revived = what_it_overrode(fresh) if fresh.valid else None
    Assessment.objects.filter(pk=fresh.pk).update(
        valid=False, deleted_at=now, updated_at=now, deleted_by=by.email if by else ""
    )
    if revived is not None:
        Assessment.objects.filter(pk=revived.pk).update(valid=True, updated_at=now)
        revived.valid = True
    announce_assessed([each.pk for each in (fresh, revived) if each is not None])
    return revived


@transaction.atomic
def restore(assessment: Assessment, *, by: User) -> Assessment:
    """Bring back a deleted one, under its id; what it overrode steps back again. A second time changes nothing.

    One that another overrides comes back as what it was, not valid.
    Raises: Replaced where somebody said something else in its place meanwhile.
    """
    lock(assessment.trace_id)
    fresh = Assessment.objects.get(pk=assessment.pk)
    if fresh.deleted_at is None:
        return fresh
    fresh.valid = latest_over(fresh) is None
    overrode = what_it_overrode(fresh) if fresh.valid else None
    if overrode is not None and not overrode.valid and (other := latest_over(overrode)):
        raise Replaced(other)
    now = timezone.now()
    was = {key: getattr(fresh, key) for key in REVISED}
    people = {"deleted_by": fresh.deleted_by, "restored_by": by.email}
    fresh.revisions = [*fresh.revisions, {**was, **people, "until": fresh.deleted_at.isoformat()}]
    fresh.deleted_at, fresh.deleted_by, fresh.updated_at = None, "", now
    fresh.save(update_fields=["valid", "revisions", "deleted_at", "deleted_by", "updated_at"])
    stepped_back = overrode if overrode is not None and overrode.valid else None
    if stepped_back is not None:
        retire(stepped_back)
    announce_assessed([each.pk for each in (stepped_back, fresh) if each is not None])
    return fresh


@transaction.atomic
def say(
    trace: Trace,
    user: User,
    *,
    kind: str,
    name: str,
    value: Json,
    rationale: str = "",
    span_id: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> Assessment:
    """Write what a person holds of a trace or a span, over what they held there; the same again is nothing.

    What they said in another room, such as in a labeling session, stays beside it.
    """
    lock(trace.pk)
    place = {"trace": trace, "span_id": span_id, "kind": kind, "name": name, "valid": True}
    own = Assessment.objects.filter(**place, source_type=SourceType.HUMAN, source_id=user.email)
    before = next((each for each in own.order_by("-created_at") if not kept_elsewhere(each)), None)
    given: dict[str, Any] = {"value": value, "rationale": rationale, "metadata": dict(metadata or {})}
    if before is None:
        return log(trace, kind=kind, name=name, span_id=span_id, source_type=SourceType.HUMAN, source_id=user.email,
                   **given)  # fmt: skip
    if same(given, {key: getattr(before, key) for key in given}):
        return before
    return override(before, value=value, rationale=rationale, metadata=given["metadata"], by=user)


def lock(trace_id: str) -> None:
    """Let nobody else say or change anything about the trace until the transaction ends."""
    waits = " FOR NO KEY UPDATE" if connection.vendor == "postgresql" else ""  # on SQLite BEGIN has waited already
    if not fetch(f"SELECT 1 FROM traces_trace WHERE trace_id = %(trace)s{waits}", trace=trace_id):  # noqa: S608
        raise Trace.DoesNotExist


def reread(assessment: Assessment) -> Assessment:
    """Return the assessment as it is now. Raises: Deleted."""
    fresh = Assessment.objects.get(pk=assessment.pk)
    if fresh.deleted_at is not None:
        raise Deleted
    return fresh


def current(assessment: Assessment) -> Assessment:
    """Return the assessment as it is now, if it holds. Raises: Replaced, Deleted."""
    fresh = reread(assessment)
    if not fresh.valid:
        raise Replaced(latest_over(fresh))
    return fresh


def same(one: Json, other: Json) -> bool:
    """Whether two values are the same JSON: in Python true is 1, and 1 is 1.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def retire(assessment: Assessment) -> None:
    Assessment.objects.filter(pk=assessment.pk).update(valid=False, updated_at=timezone.now())


def latest_over(assessment: Assessment) -> Assessment | None:
    """Return the valid assessment that stands in the place of this one. Queries: one a step."""
    seen = {assessment.pk}
    above = [assessment.pk]
    while above:
        over = list(Assessment.objects.filter(overrides__in=above).exclude(pk__in=seen))
        if valid := next((each for each in over if each.valid), None):
            return valid
        above = [each.pk for each in over]
        seen.update(above)
    return None


def what_it_overrode(assessment: Assessment) -> Assessment | None:
    """Return the next one below that was not deleted. Queries: one a step."""
    seen = {assessment.pk}
    below = assessment.overrides
    while below is not None and below.deleted_at is not None and below.pk not in seen:
        seen.add(below.pk)
        below = below.overrides
    return below if below is not None and below.deleted_at is None and below.pk not in seen else None
