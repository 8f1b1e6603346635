"""The chips above the list: each is a link to the list with one thing more, or less, asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from traces.explorer.query import SORTS, SPANS_OF_TIME, Query
from traces.models import Experiment, TraceState

MOST_EXPERIMENTS = 50


@dataclass(frozen=True)
class Chip:
    label: str
    address: str
    is_on: bool


@dataclass(frozen=True)
class Menu:
    """Chips of which one is chosen."""

    label: str
    is_narrowing: bool
    options: list[Chip]


def chips_of(query: Query) -> list[Chip]:
    is_error = query.state == TraceState.ERROR
    return [
        Chip(_("Errors"), query.address(state="" if is_error else TraceState.ERROR.value), is_error),
        Chip(_("Has feedback"), query.address(judged="" if query.judged else "1"), bool(query.judged)),
        Chip(_("From chat"), query.address(chat="" if query.chat else "1"), bool(query.chat)),
    ]


def menus_of(query: Query) -> list[Menu]:
    """Queries: 1."""
    experiments = [(str(pk), name) for pk, name in Experiment.objects.values_list("pk", "name")[:MOST_EXPERIMENTS]]
    return [
        menu(query, "experiment", _("All experiments"), experiments),
        menu(query, "since", _("Any time"), [(key, str(words)) for key, (words, _span) in SPANS_OF_TIME.items()]),
        menu(query, "state", _("Any state"), [(value, str(words)) for value, words in TraceState.choices]),
    ]


def sorts_of(query: Query) -> Menu:
    options = [Chip(str(words), query.address(sort=key), query.sort == key) for key, (words, _terms) in SORTS.items()]
    return Menu(str(SORTS[query.sort][0]), False, options)


def menu(query: Query, field: str, everything: str, choices: Sequence[tuple[str, str]]) -> Menu:
    now = getattr(query, field)
    options = [
        Chip(label, query.address(**{field: value}), value == now) for value, label in [("", everything), *choices]
    ]
    label = next((option.label for option in options if option.is_on), everything)
    return Menu(label, bool(now), options)
