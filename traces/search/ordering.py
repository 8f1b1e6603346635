"""What a search is sorted by: MLflow's order_by, such as `timestamp DESC`, and how to go on from a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, F, Field, Q, TextField, Value
from django.db.models.expressions import Expression, OrderBy
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual
from django.utils.translation import gettext as _

from traces.columns import DurationOrNone, EndOrNone, RunId
from traces.models import Trace
from traces.search.grammar import FilterError, entity_and_key, tokens_of

TIME = "request_time"
KEYS: dict[str, Expression | F] = {
    "timestamp": F(TIME), "timestamp_ms": F(TIME),
    "execution_time": DurationOrNone(), "execution_time_ms": DurationOrNone(),
    "end_time": EndOrNone(), "end_time_ms": EndOrNone(),
    "experiment_id": F("experiment_id"), "status": F("state"), "name": F("name"),
    "request_id": F("trace_id"), "trace_id": F("trace_id"), "run_id": Coalesce(RunId(), Value("")),
}  # fmt: skip
COLUMNS_OF_KEYS = {"tag": "tags", "tags": "tags", "metadata": "metadata", "request_metadata": "metadata"}


@dataclass(frozen=True)
class Term:
    """One thing that is sorted by; `expression` is never null, so that one can go on from any row."""

    name: str
    expression: Expression | F
    is_descending: bool

    def ordering(self, *, is_back: bool) -> OrderBy:
        return OrderBy(self.expression, descending=self.is_descending != is_back)

    def behind(self, value: Any, *, is_back: bool, including: bool = False) -> Any:
        down, up = (LessThanOrEqual, GreaterThanOrEqual) if including else (LessThan, GreaterThan)
        comparison = down if self.is_descending != is_back else up
        return comparison(self.expression, Value(value, output_field=self.output_field))

    def at(self, value: Any) -> Any:
        return Exact(self.expression, Value(value, output_field=self.output_field))

    @property
    def output_field(self) -> Field[Any, Any] | None:
        return DateTimeField() if self.name == "timestamp" else None


@dataclass(frozen=True)
class Order:
    """The terms of a sort; the last one is always the trace's id, so that no two rows are equal."""

    terms: tuple[Term, ...]

    @property
    def name(self) -> str:
        """What the sort is by, in short: `timestamp`, `execution_time` …"""
        return self.terms[0].name

    @property
    def is_descending(self) -> bool:
        return self.terms[0].is_descending

    def columns(self, *, is_back: bool) -> list[OrderBy]:
        return [term.ordering(is_back=is_back) for term in self.terms]

    def annotations(self) -> dict[str, Expression | F]:
        return {f"key_{n}": term.expression for n, term in enumerate(self.terms)}

    def key_of(self, trace: Trace) -> list[Any]:
        """Return where the row stands; the trace must come with `annotations`."""
        return [getattr(trace, f"key_{n}") for n in range(len(self.terms))]

    def beyond(self, key: Sequence[Any], *, is_back: bool, including: bool = False) -> Q:
        """Return what is behind a row, or with `is_back` before it."""
        found = Q()
        for place, term in enumerate(self.terms):
            same = [each.at(value) for each, value in zip(self.terms[:place], key[:place], strict=True)]
            is_last = place == len(self.terms) - 1
            found |= Q(*same, term.behind(key[place], is_back=is_back, including=including and is_last))
        # The first term alone is what an index can use; the rest leaves out the others of the same value.
        return Q(self.terms[0].behind(key[0], is_back=is_back, including=True)) & found

    def up_to(self, key: Sequence[Any], *, is_back: bool) -> Q:
        """Return the row and what comes before it, on the way down or with `is_back` up."""
        return self.beyond(key, is_back=not is_back, including=True)


def order_of(order_by: Sequence[str]) -> Order:
    """Read order_by; nothing is the newest first. Raises FilterError."""
    terms = [term_of(text) for text in order_by] or [Term("timestamp", F(TIME), True)]
    names = {term.name for term in terms}
    if not names & {"request_id", "trace_id"}:  # ties by the id, as MLflow's
        terms.append(Term("request_id", F("trace_id"), terms[0].is_descending))
    return Order(tuple(terms))


def term_of(text: str) -> Term:
    tokens = tokens_of(text)
    if not tokens or tokens[0].kind != "word":
        raise FilterError(_("Expected what to sort by, such as timestamp."), 0)
    if len(tokens) > 2 or (len(tokens) == 2 and tokens[1].keyword not in {"ASC", "DESC"}):
        raise FilterError(_("Expected ASC or DESC behind what to sort by."), tokens[1].position)
    entity, key = entity_and_key(tokens[0].text)
    is_descending = len(tokens) == 2 and tokens[1].keyword == "DESC"
    if entity in COLUMNS_OF_KEYS:
        column = KeyTextTransform(key, COLUMNS_OF_KEYS[entity])
        return Term(
            f"{COLUMNS_OF_KEYS[entity]}.{key}", Coalesce(column, Value(""), output_field=TextField()), is_descending
        )
    if key not in KEYS or entity not in {"", "trace", "attribute", "attributes"}:
        known = ", ".join([*KEYS, "tags.…", "metadata.…"])
        raise FilterError(_("Nothing can be sorted by “%(text)s”. Known are: %(known)s.")
                          % {"text": tokens[0].text, "known": known}, 0)  # fmt: skip
    return Term(key.removesuffix("_ms"), KEYS[key], is_descending)


def plain_key(key: Sequence[Any]) -> list[Any]:
    """Make a key that JSON can hold."""
    return [value.isoformat() if isinstance(value, datetime) else value for value in key]
