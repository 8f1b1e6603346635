"""What was said about a trace: each assessment with those it replaced."""

from __future__ import annotations

from dataclasses import dataclass, field

from traces.models import Assessment, Trace


@dataclass(slots=True)
class History:
    """The assessment that counts, and what its source said before, newest first."""

    latest: Assessment
    before: list[Assessment] = field(default_factory=list)


def histories_of(trace: Trace) -> list[History]:
    """Return the assessments of a trace and its spans, oldest first. Queries: 1."""
    rows = {row.pk: row for row in trace.assessments.all()}
    replaced = {row.overrides_id for row in rows.values() if row.overrides_id}
    return [History(row, earlier(row, rows)) for row in rows.values() if row.pk not in replaced]


def earlier(row: Assessment, rows: dict[str, Assessment]) -> list[Assessment]:
    chain: list[Assessment] = []
    while (before := rows.get(row.overrides_id or "")) is not None and before not in chain:
        chain.append(before)
        row = before
    return chain
