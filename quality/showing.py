"""Records as a person reads them: the question in words, what is expected, and where each value comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from labeling.models import LabelingSession
from quality.models import DatasetRecord, Object
from traces.models import Json, Trace
from traces.reading.wording import label, said, unmarked

LONGEST = 400  # characters of a question in a list
MOST_NAMED = 3  # people in one sentence


@dataclass(frozen=True, slots=True)
class Shown:
    """A value under its name, who stands behind it, and the traces and sessions that it comes from.

    traces    (id, whether it is still there)
    sessions  (id, name); of one that is gone the name is empty
    """

    name: str
    value: Json
    words: str = ""
    at: datetime | None = None
    traces: list[tuple[str, bool]] = field(default_factory=list)
    sessions: list[tuple[str, str]] = field(default_factory=list)

    @property
    def title(self) -> str:
        return label(self.name)


@dataclass(frozen=True, slots=True)
class Row:
    record: DatasetRecord
    question: str
    expected: list[Shown]


def question_of(inputs: Object, *, limit: int = LONGEST) -> str:
    """Return inputs in a line of words: what was asked last, where they are a conversation."""
    asked = [text for message in messages_in(inputs) if message.get("role") == "user" if (text := text_of(message))]
    if asked:
        return unmarked(asked[-1])[:limit]
    if len(inputs) == 1:
        (only,) = inputs.values()
        return unmarked(only)[:limit] if isinstance(only, str) else said(only, limit=limit)
    return said(inputs, limit=limit)


def messages_in(inputs: Object) -> list[dict[str, Any]]:
    return next(
        (
            value
            for value in inputs.values()
            if isinstance(value, list) and value and all(isinstance(each, dict) and "role" in each for each in value)
        ),
        [],
    )


def text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        content = " ".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def rows_of(records: Sequence[DatasetRecord]) -> list[Row]:
    """Queries: 3, however many records."""
    names = Names(records)
    return [Row(record, question_of(record.inputs), list(names.expected_of(record))) for record in records]


class Names:
    """People, sessions and traces that provenance names, looked up once."""

    def __init__(self, records: Iterable[DatasetRecord]) -> None:
        origins = [origin for record in records for origin in record.provenance.values()]
        people = {str(one) for each in origins for one in [*each.get("by", []), each.get("chosen_by", "")]}
        sessions = {one for each in origins for one in each.get("session_ids", [])}
        traces = {one for each in origins for one in each.get("trace_ids", [])}
        self.people = {user.email: str(user) for user in User.objects.filter(email__in=people)} if people else {}
        self.sessions = {str(one.pk): one.name for one in sessions_named(sessions)}
        self.traces = set(Trace.objects.kept().filter(pk__in=traces).values_list("pk", flat=True)) if traces else set()

    def expected_of(self, record: DatasetRecord) -> Iterator[Shown]:
        for name, value in record.expectations.items():
            origin = record.provenance.get(name, {})
            yield Shown(
                name,
                value,
                words=self.words_of(origin),
                at=parse_datetime(str(origin.get("decided_at") or origin.get("at") or "")),
                traces=[(one, one in self.traces) for one in origin.get("trace_ids", [])],
                sessions=[(one, self.sessions.get(one, "")) for one in origin.get("session_ids", [])],
            )

    def words_of(self, origin: Object) -> str:
        """Say in a few words who stands behind a value, and why it holds."""
        who = listed([self.people.get(one, one) for one in map(str, origin.get("by", []))])
        n_others = origin.get("n_others") or 0
        match origin.get("how"):
            case "edited":
                return _("written here by %(who)s") % {"who": who}
            case "merged":
                return _("added by a program of %(who)s") % {"who": who}
            case "chosen":
                chooser = str(origin.get("chosen_by", ""))
                said = {"who": who, "by": self.people.get(chooser, chooser)}
                return _("%(who)s; chosen by %(by)s") % said if who else _("chosen by %(by)s") % said
            case "agreed":
                return _("%(who)s agree") % {"who": who}
            case "most" | "latest" | "ranked" if n_others:
                others = ngettext("%(n)d said otherwise", "%(n)d said otherwise", n_others) % {"n": n_others}
                return f"{who}; {others}"
        return who


def sessions_named(ids: Iterable[str]) -> Iterable[LabelingSession]:
    """Look up sessions by what an assessment calls them, which an import may have made up."""
    return LabelingSession.objects.only("name").filter(pk__in=[one for one in ids if is_uuid(one)])


def is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4 and not text.replace("-", "").strip("0123456789abcdef")


def listed(names: Sequence[str]) -> str:
    """Name some people: "Alice, Bob and 2 more"."""
    shown = list(names[:MOST_NAMED])
    rest = len(names) - len(shown)
    if rest:
        more = ngettext("%(n)d more", "%(n)d more", rest) % {"n": rest}
        return _("%(names)s and %(last)s") % {"names": ", ".join(shown), "last": more}
    if len(shown) < 2:
        return "".join(shown)
    return _("%(names)s and %(last)s") % {"names": ", ".join(shown[:-1]), "last": shown[-1]}
