"""What can be done with chosen traces. Other rooms, which this one knows nothing of, offer more (`offer`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise

from accounts.models import User
from traces.access import traces_for
from traces.explorer.query import MOST_CHOSEN, Query


@dataclass(frozen=True)
class Action:
    """A button below the list: it posts `chosen` to an address."""

    label: str | Promise
    url_name: str
    is_for: Callable[[User], bool]

    @property
    def url(self) -> str:
        return reverse(self.url_name)


ACTIONS: list[Action] = []


def offer(action: Action) -> None:
    ACTIONS.append(action)


def actions_for(user: User) -> list[Action]:
    return [action for action in ACTIONS if action.is_for(user)]


@dataclass(frozen=True)
class Chosen:
    """Traces that were ticked, or, with `is_all`, all that a query finds."""

    ids: list[str]
    query: Query
    is_all: bool = False

    @property
    def ticked(self) -> list[str]:
        """The ids that a form must carry along."""
        return [] if self.is_all else self.ids


def chosen_by(user: User, data: QueryDict) -> Chosen:
    """Return what the form of the list chose. Raises: Http404 for who reads no traces, FilterError."""
    traces = traces_for(user)
    query = Query.written(data.get("query", ""))
    if data.get("all"):
        return Chosen(query.ids(), query, is_all=True)
    ticked = list(dict.fromkeys(data.getlist("trace")))[:MOST_CHOSEN]
    there = set(traces.filter(pk__in=ticked).values_list("pk", flat=True))
    return Chosen([trace_id for trace_id in ticked if trace_id in there], query)
