"""MLflow's search grammar over traces.

`search("trace.status = 'OK' AND tag.env = 'prod'")` returns one page of them, fast among a million;
`matching(Trace.objects.all(), "…")` narrows a query, for who looks through all of it.
"""

from __future__ import annotations

from django.db.models import QuerySet

from traces.models import Trace
from traces.search.conditions import condition_of
from traces.search.grammar import FilterError, parse
from traces.search.looking import Page, search
from traces.search.tokens import PageTokenError

__all__ = ["FilterError", "Page", "PageTokenError", "matching", "search"]


def matching(queryset: QuerySet[Trace], filter_string: str) -> QuerySet[Trace]:
    """Return the traces of `queryset` that meet every clause; an empty filter keeps all.

    Shape:   never joins, so no trace comes twice; each tag, span or assessment clause is one condition.
    Raises:  FilterError, in plain words and with the place, before any query runs.
    Source:  MLflow 3.17, `search_traces(filter_string=…)`; relative times and dates are ours.
    """
    for clause in parse(filter_string):
        queryset = queryset.filter(condition_of(clause))
    return queryset
