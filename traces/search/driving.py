"""From where a search starts, so that it looks at few traces: an index, or a list of traces that are known already.

What no index can answer is looked up trace by trace, among the newest ones: `MOST_LOOKED_AT`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from traces.columns import IsUnusual, SessionAbout
from traces.models import Assessment, Trace, TraceState
from traces.search.conditions import Condition, column_of, condition_of, named, part_of, said
from traces.search.full_text import says, traces_saying
from traces.search.grammar import Clause
from traces.search.runs import Gathered, gathered_by

MOST_KNOWN = 2_000  # traces that are taken as a list
MOST_COUNTED = 20_000  # rows of an index that are counted to see which one is the shortest
MOST_LOOKED_AT = {"column": 20_000, "lookup": 5_000, "content": 1_000}  # traces, by how much each costs
MOST_SORTED = 5_000  # traces, by something without an index
COSTS = [*MOST_LOOKED_AT]
WITH_INDEX = {"state", "name", "trace_id", "client_request_id", "run_id", "session_id", "experiment_id"}
Known = list[str] | Gathered  # ids of traces
TOGETHER = {"experiment_id", "state"}  # have an index of both


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
        known: Known | None = gathered_by(clause)
        if known is None:
            known = judged_traces(clause)
        if known is not None:
            start = list_of(known, [each for each in clauses if each is not clause])
            start.left += left
            return start
    return walk(clauses, left)


def list_of(ids: Known, clauses: Sequence[Clause]) -> Start:
    left = [condition_of(clause, plain=True) for clause in clauses]
    return Start(Trace.objects.filter(pk__in=ids), left, is_list=True)


def walk(clauses: Sequence[Clause], left: list[Condition]) -> Start:
    """Start from the index by time, or from a shorter one by something else and by time."""
    of_time = [clause for clause in clauses if column_of(clause) == "request_time"]
    traces = Trace.objects.filter(*map(condition_of, of_time))
    drivers = shortest(traces, [clause for clause in clauses if clause not in of_time])
    rest = [clause for clause in clauses if clause not in [*of_time, *drivers]]
    costs = [*map(cost_of, rest), *("lookup" for _ in left)]
    return Start(
        traces.filter(*by_index(drivers)),
        [*(condition_of(clause, plain=True) for clause in rest), *left],
        max(costs, key=COSTS.index, default=""),
        is_everything=not clauses and not left,
    )


def shortest(traces: QuerySet[Trace], clauses: Sequence[Clause]) -> list[Clause]:
    """Return the clauses of the index that names the fewest traces; none where there is no index for any.

    Queries: 1 for each candidate if there are several.
    """
    singles = [clause for clause in clauses if has_index(clause)]
    both = [clause for clause in singles if column_of(clause) in TOGETHER]
    is_pair = {column_of(clause) for clause in both} == TOGETHER and len(both) == len(TOGETHER)
    candidates = [both] if is_pair else []
    candidates += [[clause] for clause in singles if not is_pair or clause not in both]
    if len(candidates) <= 1:
        return candidates[0] if candidates else []
    counts = [traces.filter(*by_index(each)).order_by().values("pk")[:MOST_COUNTED].count() for each in candidates]
    return candidates[counts.index(min(counts))]


def has_index(clause: Clause) -> bool:
    is_usual = column_of(clause) == "state" and clause.value == TraceState.OK
    return clause.operator == "=" and column_of(clause) in WITH_INDEX and not is_usual


def by_index(clauses: Sequence[Clause]) -> list[Condition]:
    is_of_state = any(column_of(clause) == "state" for clause in clauses)
    return [*map(condition_of, clauses), *([Q(IsUnusual())] if is_of_state else [])]


def cost_of(clause: Clause) -> str:
    if part_of(clause) == "span" and clause.key == "content":
        return "content"
    return "column" if part_of(clause) in {"trace", "tags", "metadata"} and clause.operator != "RLIKE" else "lookup"


def judged_traces(clause: Clause) -> list[str] | None:
    """Return the traces of which this was said; None when they are many, or cannot be told without looking at many."""
    kind = part_of(clause)
    if kind not in {"feedback", "expectation"} or clause.operator == "IS NULL":
        return None
    rows = Assessment.objects.filter(*named(clause, kind)).order_by()
    if rows.values("pk")[: MOST_COUNTED + 1].count() > MOST_COUNTED:
        return None
    rows = rows.filter(*said(clause, kind))
    found = list(rows.values_list("trace_id", SessionAbout())[: MOST_KNOWN + 1])
    if len(found) > MOST_KNOWN:
        return None
    sessions = {about for _, about in found if about}
    of_sessions = Trace.objects.filter(session_id__in=sessions).values_list("pk", flat=True)[:MOST_KNOWN]
    return list(dict.fromkeys([*(trace_id for trace_id, _ in found), *(of_sessions if sessions else [])]))
