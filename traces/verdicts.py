"""What was said about a trace and its spans: grouped by name, with who said it, and what was said before."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import User
from traces.elsewhere import kept_elsewhere
from traces.models import Assessment, Json, Trace

SESSION = "mlflow.trace.session"  # in an assessment's metadata: it is about the whole session
LONG_TEXT = 60  # characters; two longer texts are never called different
IN_WORDS = {"true": "yes", "pass": "yes", "false": "no", "fail": "no"}  # how judges spell the verdicts that people give


@dataclass(frozen=True, slots=True)
class Past:
    """Something that was said and does not hold any more, and why: in words."""

    said: Assessment
    author: str
    end: str
    may_restore: bool = False


@dataclass(slots=True)
class Line:
    """What one source holds now, and what was said in its place before, newest first.

    now         None where all was deleted or taken back
    may_change  whether the reader may change it here; where not, `elsewhere` may say where they can
    """

    now: Assessment | None
    author: str = ""
    past: list[Past] = field(default_factory=list)
    may_change: bool = False
    elsewhere: str = ""

    @property
    def latest(self) -> Assessment:
        return self.now or self.past[0].said

    @property
    def is_about_session(self) -> bool:
        return SESSION in self.latest.metadata


@dataclass(slots=True)
class Group:
    """What several sources say under one name about one place."""

    name: str
    kind: str
    lines: list[Line]

    @property
    def agreement(self) -> str:
        """`same` or `differs`, where two or more said something that can be compared."""
        said = [line.now for line in self.lines if line.now is not None and not line.now.error]
        values = [comparable(each.value) for each in said]
        known = {value for value in values if value}
        if len({(each.source_type, each.source_id) for each in said}) < 2 or not all(values):
            return ""
        return "same" if len(known) == 1 else "differs"


@dataclass(slots=True)
class Place:
    """A trace (span_id is empty) or a span, and what was said about it."""

    span_id: str
    groups: list[Group] = field(default_factory=list)
    gone: list[Line] = field(default_factory=list)
    name: str = ""

    @property
    def n_valid(self) -> int:
        return sum(len(group.lines) for group in self.groups)


def places_of(trace: Trace, reader: User) -> dict[str, Place]:
    """Return by span id the places that something was said about, the trace's own always. Queries: 2."""
    rows = list(trace.assessments.select_related(None))
    names = names_of(rows)
    places = {"": Place("")}
    for line in lines_of(rows, names):
        mark(line, reader)
        place = places.setdefault(line.latest.span_id, Place(line.latest.span_id))
        if line.now is None:
            place.gone.append(line)
        else:
            group_for(place, line.now).lines.append(line)
    return places


def group_for(place: Place, said: Assessment) -> Group:
    for group in place.groups:
        if (group.name, group.kind) == (said.name, said.kind):
            return group
    place.groups.append(Group(said.name, said.kind, []))
    return place.groups[-1]


def mark(line: Line, reader: User) -> None:
    if line.now is not None:
        line.elsewhere = kept_elsewhere(line.now)
        line.may_change = may_change(line.now, reader)
    line.past = [replace(past, may_restore=may_restore(past.said, reader)) for past in line.past]


def may_restore(said: Assessment, reader: User) -> bool:
    return said.deleted_at is not None and may_change(said, reader)


def may_change(said: Assessment, reader: User) -> bool:
    """Developers change what they said themselves, managers what anybody said; nobody what another room keeps."""
    if kept_elsewhere(said) or not reader.reads_traces:
        return False
    is_own = said.source_type == Assessment.SourceType.HUMAN and said.source_id == reader.email
    return is_own or reader.runs_sessions


def lines_of(rows: list[Assessment], names: dict[str, str]) -> list[Line]:
    """Return a line for each assessment that holds, and for each chain in which none does; oldest first."""
    lines = []
    for chain in chains_of(rows):
        past = sorted(past_of(chain, names), key=lambda past: past.said.updated_at, reverse=True)
        valid: list[Assessment | None] = [each for each in chain if each.valid] or [None]
        lines += [Line(now, author_of(now, names) if now else "", past) for now in valid]
    return lines


def chains_of(rows: list[Assessment]) -> list[list[Assessment]]:
    """Put together what overrides one another; each chain, and they among themselves, oldest first."""
    by_id = {row.pk: row for row in rows}
    chains: dict[str, list[Assessment]] = {}
    for row in sorted(rows, key=lambda each: (each.created_at, each.pk)):
        chains.setdefault(root_of(row, by_id), []).append(row)
    return list(chains.values())


def root_of(row: Assessment, by_id: dict[str, Assessment]) -> str:
    seen: set[str] = set()
    while (below := by_id.get(row.overrides_id or "")) is not None and row.pk not in seen:
        seen.add(row.pk)
        row = below
    return min(seen) if row.pk in seen else row.pk  # a circle, which an import may bring


def past_of(chain: list[Assessment], names: dict[str, str]) -> list[Past]:
    over = {each.overrides_id: each for each in chain if each.overrides_id}
    past = []
    for each in chain:
        past += [
            Past(revised(each, old), author_of(each, names), end_of_revision(old, names)) for old in each.revisions
        ]
        if not each.valid:
            past.append(Past(each, author_of(each, names), end_of(each, over.get(each.pk), names)))
    return past


def end_of(said: Assessment, over: Assessment | None, names: dict[str, str]) -> str:
    if said.deleted_at is not None:
        by = names.get(said.deleted_by, said.deleted_by)
        return _("deleted by %(name)s") % {"name": by} if by else _("deleted")
    if over is None:
        return _("taken back")
    if (over.source_type, over.source_id) == (said.source_type, said.source_id):
        return _("replaced")
    return _("replaced by %(name)s") % {"name": author_of(over, names)}


def end_of_revision(old: dict[str, Any], names: dict[str, str]) -> str:
    if by := old.get("restored_by"):
        return _("restored by %(name)s, deleted") % {"name": names.get(by, by)}
    return _("corrected")


def revised(said: Assessment, old: dict[str, Any]) -> Assessment:
    """Return what an assessment said before an update, as an unsaved one."""
    until: datetime = parse_datetime(old.get("until", "")) or said.created_at
    return Assessment(
        trace_id=said.trace_id, span_id=said.span_id, kind=said.kind, source_type=said.source_type,
        source_id=said.source_id, created_at=said.created_at, updated_at=until, valid=False,
        **{key: old.get(key) for key in ("name", "value", "error", "rationale", "metadata")},
    )  # fmt: skip


def names_of(rows: Iterable[Assessment]) -> dict[str, str]:
    """Return the names of the people behind assessments by e-mail. Queries: 1."""
    emails = {row.source_id for row in rows if row.source_type == Assessment.SourceType.HUMAN}
    emails |= {row.deleted_by for row in rows if row.deleted_by}
    emails |= {old["restored_by"] for row in rows for old in row.revisions if "restored_by" in old}
    people = User.objects.filter(email__in=emails) if emails else User.objects.none()
    return {user.email: str(user) for user in people}


def author_of(said: Assessment, names: dict[str, str]) -> str:
    return names.get(said.source_id, said.source_id)


def comparable(value: Json) -> str:
    """Return a value so that people and judges can be compared; empty for a long text, which says it its own way."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            text = " ".join(value.split()).casefold()
            return "" if len(text) > LONG_TEXT else IN_WORDS.get(text, text)
        case int() | float():
            return str(float(value))
        case list():
            return json.dumps(sorted(json.dumps(each) for each in value))
        case _:
            return json.dumps(value, sort_keys=True)
