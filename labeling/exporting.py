"""A session's assessments as rows, to take away.

A row is one assessment that somebody made in the session, or one declined review. `status` says which:

    valid       it stands
    overridden  its author changed it: the row whose `overrides` is this one's `assessment_id` came after
    withdrawn   its author took it back and put nothing in its place
    declined    no assessment: the person could not judge the item; `value` is the reason, `rationale` the note

JSON lines hold every row. CSV holds the valid ones, or with `everything` all. In CSV a list of texts is
one text per line of its cell, yes and no are `true` and `false`, and evidence is JSON. A cell that a
spreadsheet would run as a formula gets a leading apostrophe: one that begins with = + - @, tab or
carriage return. Plain numbers do not, so that -3 stays a number.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any, TypedDict

from labeling.answers import evidence_of
from labeling.models import Item, LabelingSession, LabelSchemaVersion, Review
from traces.models import Assessment, Json

ITEMS_AT_ONCE = 200  # held in memory with what was said on them
BOM = "\ufeff"  # without it Excel reads UTF-8 as Latin 1
FORMULA = re.compile(r"[=+\-@\t\r]")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


class Row(TypedDict):
    session: str
    item: int  # its position, from 1
    trace_id: str
    question: str  # the question's name
    name: str  # the assessment's, which is the judge's where the question is bound to one
    title: str  # what the person read
    version: int | None  # of the question
    type: str  # feedback or expectation
    value: Json
    rationale: str
    evidence: list[dict[str, Any]]
    source_id: str
    status: str
    created_at: str  # ISO 8601, UTC
    overrides: str | None
    assessment_id: str | None
    active_s: int  # the person's attention for the whole item
    request: str  # previews
    response: str


def rows_of(session: LabelingSession) -> Iterator[Row]:
    """Yield every row, by item and then by time. Queries: 4 for each ITEMS_AT_ONCE items."""
    after = -1
    versions = Versions()
    while items := list(
        session.items.filter(position__gt=after).order_by("position").select_related("trace")[:ITEMS_AT_ONCE]
    ):
        by_id = {str(item.pk): item for item in items}
        rows = [*said_on(session, by_id, versions), *declined_of(session, by_id)]
        yield from sorted(rows, key=lambda row: (row["item"], row["created_at"], row["assessment_id"] or ""))
        after = items[-1].position


class Versions:
    """The words of questions by schema and number, looked up once each."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], LabelSchemaVersion] = {}

    def learn(self, schemas: set[str]) -> None:
        new = schemas - {schema for schema, _number in self.known}
        if new:
            for version in LabelSchemaVersion.objects.filter(schema__in=new).select_related("schema"):
                self.known[version.schema_id, str(version.number)] = version

    def of(self, assessment: Assessment) -> LabelSchemaVersion | None:
        made = assessment.metadata
        return self.known.get((made.get("reviewapp.question", ""), made.get("reviewapp.question_version", "")))


def said_on(session: LabelingSession, items: dict[str, Item], versions: Versions) -> Iterator[Row]:
    traces = [item.trace_id for item in items.values()]
    said = list(Assessment.objects.filter(**{"trace__in": traces, "metadata__reviewapp.session": str(session.pk)}))
    versions.learn({each.metadata.get("reviewapp.question", "") for each in said})
    overridden = {each.overrides_id for each in said}
    for each in said:
        item, version = items.get(each.metadata.get("reviewapp.item", "")), versions.of(each)
        if item is None:  # imported with another trace's marks: nobody said it here
            continue
        yield Row(
            session=session.name,
            item=item.position,
            trace_id=each.trace_id,
            question=version.schema.name if version else each.name,
            name=each.name,
            title=version.title if version else "",
            version=version.number if version else None,
            type=each.kind,
            value=each.value,
            rationale=each.rationale,
            evidence=evidence_of(each),
            source_id=each.source_id,
            status="valid" if each.valid else "overridden" if each.pk in overridden else "withdrawn",
            created_at=each.created_at.isoformat(),
            overrides=each.overrides_id,
            assessment_id=each.pk,
            active_s=int(each.metadata.get("reviewapp.active_s") or 0),
            request=item.trace.request_preview,
            response=item.trace.response_preview,
        )


def declined_of(session: LabelingSession, items: dict[str, Item]) -> Iterator[Row]:
    reviews = session.reviews.filter(item__in=list(items.values()), status=Review.Status.DECLINED)
    for review in reviews.select_related("user"):
        item = items[str(review.item_id)]
        yield Row(
            session=session.name,
            item=item.position,
            trace_id=item.trace_id,
            question="",
            name="",
            title="",
            version=None,
            type="",
            value=review.decline_reason,
            rationale=review.decline_note,
            evidence=[],
            source_id=review.user.email,
            status="declined",
            created_at=(review.finished_at or review.handed_out_at).isoformat(),
            overrides=None,
            assessment_id=None,
            active_s=review.active_s,
            request=item.trace.request_preview,
            response=item.trace.response_preview,
        )


def json_lines(session: LabelingSession) -> Iterator[str]:
    for row in rows_of(session):
        yield json.dumps(row, ensure_ascii=False) + "\n"


def csv_lines(session: LabelingSession, *, everything: bool = False) -> Iterator[str]:
    names = list(Row.__annotations__)
    yield BOM + csv_line(names)
    for row in rows_of(session):
        if everything or row["status"] == "valid":
            yield csv_line([cell_of(row, name) for name in names])


def csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def cell_of(row: Row, name: str) -> str:
    value = dict(row)[name]
    if name == "evidence":
        return json.dumps(value, ensure_ascii=False) if value else ""
    return safe(in_a_cell(value))


def in_a_cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case list() if all(isinstance(each, str) for each in value):
            return "\n".join(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def safe(cell: str) -> str:
    """Keep a spreadsheet from running what somebody typed."""
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.fullmatch(cell) else cell
