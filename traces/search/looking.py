"""`search`: one page of the traces that meet a filter, and how to go on. The explorer's and the API's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from traces.models import Trace
from traces.search.driving import MOST_LOOKED_AT, MOST_SORTED, Start, start_of
from traces.search.grammar import Clause, parse
from traces.search.ordering import Order, order_of
from traces.search.tokens import Place, place_of, token_of


@dataclass
class Page:
    """Some traces, in order.

    `looked_through` is how many traces were looked at when the search stopped there although there are more;
    None when nothing was left out. Such a page may hold few traces, or none, and yet have a next one. Sorted by
    something without an index it has not (`is_cut`): only the newest traces are sorted.
    """

    traces: list[Trace] = field(default_factory=list)
    next_page_token: str = ""
    previous_page_token: str = ""
    looked_through: int | None = None
    is_cut: bool = False


def search(
    filter_string: str = "",
    order_by: Sequence[str] = (),
    max_results: int = 100,
    page_token: str = "",
    *,
    clauses: Sequence[Clause] = (),
    text: str = "",
    fields: Sequence[str] = (),
) -> Page:
    """Return one page of the traces that meet the filter and `clauses`, and say `text`; deleted ones left out.

    Shape:    rows of Trace with `fields`, or all; nothing is joined.
    Bounds:   what no index can answer is looked up among MOST_LOOKED_AT traces at a time.
    Raises:   FilterError with the place, PageTokenError.
    Queries:  1 to 4, and one for each indexed clause when there are several.
    Source:   MLflow 3.17 `search_traces`: its grammar, its order_by and the use of its tokens.
    """
    order = order_of(order_by)
    place = place_of(page_token, order)
    start = start_of([*clauses, *parse(filter_string)], text)
    return Looking(order, place, max_results, fields).through(start)


@dataclass
class Looking:
    """One page of a search, from a place on."""

    order: Order
    place: Place | None = None
    size: int = 0
    fields: Sequence[str] = ()

    @property
    def is_back(self) -> bool:
        return self.place is not None and self.place.is_back

    def through(self, start: Start) -> Page:
        if self.order.name == "timestamp" and not start.is_list:
            return self.page_of_window(start)
        has_index = start.is_everything and self.order.name in {"execution_time", "end_time", "request_id", "trace_id"}
        if start.is_list or has_index:
            return self.page_of(start.narrowed(self.beyond(start.traces)))
        return self.page_of_newest(start)

    def page_of_window(self, start: Start) -> Page:
        """Sorted by time: a window begins where the page does, and the next one where it ends."""
        rest = self.beyond(start.traces)
        most = MOST_LOOKED_AT.get(start.cost, 0)
        end = self.key_at(rest, most) if most else None
        if end is None:
            return self.page_of(start.narrowed(rest))
        page = self.page_of(start.narrowed(rest.filter(self.order.up_to(end, is_back=self.is_back))))
        if not self.goes_on(page):
            page.looked_through = most
            token = token_of(end, is_back=self.is_back)
            page.next_page_token, page.previous_page_token = (
                (page.next_page_token, token) if self.is_back else (token, page.previous_page_token)
            )
        return page

    def page_of_newest(self, start: Start) -> Page:
        """Sorted by something without an index: only the newest traces are sorted."""
        most = min(MOST_LOOKED_AT.get(start.cost, MOST_SORTED), MOST_SORTED)
        newest = Looking(order_of([]))
        end = newest.key_at(start.traces, most)
        traces = start.traces if end is None else start.traces.filter(newest.order.up_to(end, is_back=False))
        page = self.page_of(start.narrowed(self.beyond(traces)))
        if end is not None:
            page.looked_through, page.is_cut = most, True
        return page

    def key_at(self, traces: QuerySet[Trace], n: int) -> list[Any] | None:
        """Return the sort key of the `n`th row; None when there are fewer."""
        keys = [term.expression for term in self.order.terms]
        rows = traces.order_by(*self.order.columns(is_back=self.is_back)).values_list(*keys)
        return next((list(row) for row in rows[n - 1 : n]), None)

    def beyond(self, traces: QuerySet[Trace]) -> QuerySet[Trace]:
        if self.place is None:
            return traces
        return traces.filter(self.order.beyond(self.place.key, is_back=self.is_back))

    def page_of(self, traces: QuerySet[Trace]) -> Page:
        traces = traces.annotate(**self.order.annotations()).order_by(*self.order.columns(is_back=self.is_back))
        rows = list((traces.only(*self.fields) if self.fields else traces)[: self.size + 1])
        has_more, rows = len(rows) > self.size, rows[: self.size]
        if self.is_back:
            rows.reverse()
        has_before, has_behind = (has_more, True) if self.is_back else (self.place is not None, has_more)
        return Page(
            rows,
            token_of(self.order.key_of(rows[-1])) if rows and has_behind else "",
            token_of(self.order.key_of(rows[0]), is_back=True) if rows and has_before else "",
        )

    def goes_on(self, page: Page) -> bool:
        """Say whether the page is full, with more of it in its direction."""
        return bool(page.previous_page_token if self.is_back else page.next_page_token)
