"""What the set-up page says about the traces that match: how many, which, and what is done with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q, QuerySet

from labeling.models import LabelingSession
from labeling.selecting import MOST, Mode, Selection, count_up_to
from traces.models import Trace

ROWS = 20  # traces on one page of the list


@dataclass(frozen=True)
class Row:
    trace: Trace
    is_picked: bool


class Found:
    """The traces of a selection, counted and listed only where a template asks. The selection must be valid."""

    def __init__(self, session: LabelingSession, selection: Selection, *, after: str = "") -> None:
        self.session = session
        self.selection = selection
        self.after = after

    @property
    def traces(self) -> QuerySet[Trace]:
        return self.selection.found(self.session)

    @cached_property
    def n(self) -> int:
        """How many match, counted up to MOST + 1."""
        return count_up_to(self.traces, MOST + 1)

    @property
    def most(self) -> int:
        return MOST

    @property
    def is_more(self) -> bool:
        return self.n > MOST

    @cached_property
    def n_taken(self) -> int:
        """How many of them become items."""
        return self.selection.size_of(self.session) if self.selection.mode == Mode.HAND else self.n_drawn

    @property
    def n_drawn(self) -> int:
        return min(self.selection.size, self.n) if self.selection.mode == Mode.SAMPLE else min(self.n, MOST)

    @property
    def chance(self) -> float:
        """Percent, of each trace that matches; of a count that stopped, an upper bound."""
        return 100 * self.n_drawn / self.n if self.n else 0.0

    @cached_property
    def rows(self) -> list[Row]:
        """One page of the list, newest first."""
        picked = set(self.selection.picked)
        return [Row(trace, trace.pk in picked) for trace in self._page[:ROWS]]

    @property
    def next_after(self) -> str:
        """Where the next page starts; "" on the last."""
        return self._page[ROWS - 1].pk if len(self._page) > ROWS else ""

    @cached_property
    def _page(self) -> list[Trace]:
        traces = self.traces
        last = Trace.objects.filter(pk=self.after).only("request_time").first() if self.after else None
        if last is not None:
            older = Q(request_time=last.request_time, trace_id__lt=last.pk)
            traces = traces.filter(Q(request_time__lt=last.request_time) | older)
        return list(traces.order_by("-request_time", "-trace_id")[: ROWS + 1])
