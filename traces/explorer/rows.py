"""What a row of the list says: the trace, and what was said about it, people beside judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.db.models.query import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from traces.models import Assessment, Trace
from traces.reading import wording

LISTED = (
    "trace_id", "experiment", "state", "request_time", "execution_duration_ms", "request_preview", "response_preview",
    "name",
)  # fmt: skip
HUMAN = Assessment.SourceType.HUMAN
PEOPLE, JUDGES = gettext_lazy("People"), gettext_lazy("Judges")
BAD = {"fail", "warn"}
MOST_VALUES = 2  # in one cell: rows stay of about one height, and a list can be run over


@dataclass(frozen=True)
class Verdict:
    """The same thing, said by `n` people or judges."""

    text: str
    tone: str  # pass, fail, warn or ""
    n: int
    is_human: bool
    by: str


@dataclass(frozen=True)
class Cell:
    """The first few verdicts, and the others that only a number stands for."""

    shown: list[Verdict]
    others: list[Verdict]

    @property
    def others_in_words(self) -> str:
        return ", ".join(each.text for each in self.others)


@dataclass(frozen=True)
class Row:
    trace: Trace
    cells: list[Cell]


def rows_of(traces: Sequence[Trace], columns: Sequence[str]) -> list[Row]:
    """Return a row for each trace, with a cell for each column. Queries: 1."""
    said = Assessment.objects.filter(valid=True).order_by("created_at").defer("metadata", "rationale")
    prefetch_related_objects(list(traces), Prefetch("assessments", queryset=said, to_attr="judged"))
    return [Row(trace, cells_of(getattr(trace, "judged", []), columns)) for trace in traces]


def headings(columns: Sequence[str]) -> list[str]:
    return [wording.in_words(name) for name in columns] if columns else [str(PEOPLE), str(JUDGES)]


def cells_of(said: Sequence[Assessment], columns: Sequence[str]) -> list[Cell]:
    """Without chosen columns there are two: what people said, and what judges and programs said."""
    if columns:
        return [cell_of([each for each in said if each.name == name], is_named=False) for name in columns]
    people = [each for each in said if each.source_type == HUMAN]
    return [cell_of(group, is_named=True) for group in (people, [each for each in said if each not in people])]


def cell_of(said: Sequence[Assessment], *, is_named: bool) -> Cell:
    every = verdicts(said, is_named=is_named)
    return Cell(every[:MOST_VALUES], every[MOST_VALUES:])


def verdicts(said: Sequence[Assessment], *, is_named: bool) -> list[Verdict]:
    counts = Counter((text_of(each, is_named=is_named), tone_of(each), each.source_type == HUMAN) for each in said)
    by: dict[tuple[str, str, bool], list[str]] = {}
    for each in said:
        by.setdefault((text_of(each, is_named=is_named), tone_of(each), each.source_type == HUMAN), []).append(
            each.source_id
        )
    # People first, and of each bad news first.
    ordered = sorted(counts.items(), key=lambda item: (not item[0][2], item[0][1] not in BAD))
    return [Verdict(*key[:2], n, key[2], ", ".join(by[key][:5])) for key, n in ordered]


def text_of(assessment: Assessment, *, is_named: bool) -> str:
    value = _("failed") if assessment.error else wording.said(assessment.value, limit=40)
    return f"{wording.in_words(assessment.name)}: {value}" if is_named else value


def tone_of(assessment: Assessment) -> str:
    if assessment.error:
        return "warn"
    return {True: "pass", False: "fail"}[assessment.value] if isinstance(assessment.value, bool) else ""
