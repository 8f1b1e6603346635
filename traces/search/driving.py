"""From where a search starts, so that it looks at few traces: an index, or a list of traces that are known already.

What no index can answer is looked up trace by trace, among the newest ones: `MOST_LOOKED_AT`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from traces.models import Assessment, Trace
from traces.search.conditions import NULLS, SESSION, Condition, column_of, condition_of, part_of, said
from traces.search.full_text import says, traces_saying
from traces.search.grammar import Clause

MOST_KNOWN = 2_000  # traces that are taken as a list
MOST_COUNTED = 20_000  # rows of an index that are counted to see which one is the shortest
MOST_LOOKED_AT = {"column": 20_000, "lookup": 5_000, "content": 1_000}  # traces, by how much each costs
COSTS = [*MOST_LOOKED_AT]
WITH_INDEX = {"state", "name", "trace_id", "client_request_id", "run_id", "session_id", "experiment_id"}


@dataclass
class Start:
    """The traces that a search looks through, before the conditions that are left."""

    traces: QuerySet[Trace]
    left: list[Condition] = field(default_factory=list)
    cost: str = ""  # of the dearest condition that is left: a key of MOST_LOOKED_AT; "" when none is
    is_list: bool = False  # few traces, named one by one
    is_everything: bool = False

    def narrowed(self, traces: QuerySet[Trace]) -> QuerySet[Trace]:
        """Return those of `traces` that meet what is left, without the deleted ones."""
        return traces.filter(*self.left, deleted_at=None)


def start_of(clauses: Sequence[Clause], text: str = "") -> Start:
    """Choose the shortest way to the traces that meet all clauses and say the text. Raises FilterError."""
    for clause in clauses:
        condition_of(clause)  # all are checked, in their order, before anything runs
    left: list[Condition] = []
    if text.strip():
        saying = traces_saying(text, MOST_KNOWN + 1)
        if len(saying) <= MOST_KNOWN:
            return list_of(saying, clauses)
        left = [says(text)]
    for clause in clauses:
        judged = judged_traces(clause)
        if judged is not None:
            start = list_of(judged, [each for each in clauses if each is not clause])
            start.left += left
            return start
    return walk(clauses, left)


def list_of(ids: list[str], clauses: Sequence[Clause]) -> Start:
    left = [condition_of(clause, plain=True) for clause in clauses]
    return Start(Trace.objects.filter(pk__in=ids), left, is_list=True)


def walk(clauses: Sequence[Clause], left: list[Condition]) -> Start:
    """Start from the index by time, or from a shorter one by something else and by time."""
    of_time = [clause for clause in clauses if column_of(clause) == "request_time"]
    traces = Trace.objects.filter(*map(condition_of, of_time))
    rest = [clause for clause in clauses if clause not in of_time]
    driver = shortest(traces, rest)
    if driver is not None:
        traces = traces.filter(condition_of(driver))
        rest.remove(driver)
    costs = [*map(cost_of, rest), *("lookup" for _ in left)]
    return Start(
        traces,
        [*(condition_of(clause, plain=True) for clause in rest), *left],
        max(costs, key=COSTS.index, default=""),
        is_everything=not clauses and not left,
    )


def shortest(traces: QuerySet[Trace], clauses: Sequence[Clause]) -> Clause | None:
    """Return the clause whose index names the fewest traces. Queries: 1 for each candidate if there are several."""
    candidates = [clause for clause in clauses if clause.operator == "=" and column_of(clause) in WITH_INDEX]
    if len(candidates) <= 1:
        return candidates[0] if candidates else None
    counts = [
        traces.filter(condition_of(clause)).order_by().values("pk")[:MOST_COUNTED].count() for clause in candidates
    ]
    return candidates[counts.index(min(counts))]


def cost_of(clause: Clause) -> str:
    if part_of(clause) == "span" and clause.key == "content":
        return "content"
    return "column" if part_of(clause) in {"trace", "tags", "metadata"} and clause.operator != "RLIKE" else "lookup"


def judged_traces(clause: Clause) -> list[str] | None:
    """Return the traces of which this was said; None when they are many, or cannot be told without looking at many."""
    if part_of(clause) not in {"feedback", "expectation"} or clause.operator == "IS NULL":
        return None
    kind = part_of(clause)
    named = Assessment.objects.filter(*said(Clause(clause.entity, clause.key, "IS NOT NULL", None, 0, 0), kind))
    if clause.operator not in NULLS:
        if named.order_by().values("pk")[: MOST_COUNTED + 1].count() > MOST_COUNTED:
            return None
        named = named.filter(*said(clause, kind))
    rows = named.order_by().values_list("trace_id", f"metadata__{SESSION}", "trace__session_id")
    found = list(rows[: MOST_KNOWN + 1])
    if len(found) > MOST_KNOWN:
        return None
    sessions = {session for _, about, session in found if about and about == session}
    of_sessions = Trace.objects.filter(session_id__in=sessions).values_list("pk", flat=True)[:MOST_KNOWN]
    return list(dict.fromkeys([*(trace_id for trace_id, _, _ in found), *(of_sessions if sessions else [])]))
