"""From one clause of a filter to one condition on traces."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import IsNull
from django.utils.translation import gettext as _

from traces.models import Assessment, Span, TraceState
from traces.search.grammar import Clause
from traces.search.moments import moment
from traces.search.sql import Compared, JsonNumber, JsonText, Like, LikeInJson

Condition = Any  # a Q or a conditional expression: what `filter` takes

MAX_NUMBER = 2**62  # what a database's integer holds

STRINGS = {"=", "!=", "LIKE", "ILIKE"}
LISTS = {"IN", "NOT IN"}
NUMBERS = {"=", "!=", "<", "<=", ">", ">="}
NULLS = {"IS NULL", "IS NOT NULL"}
PARTS = {
    "": "trace", "trace": "trace", "traces": "trace", "attribute": "trace", "attributes": "trace",
    "tag": "tags", "tags": "tags", "metadata": "metadata", "request_metadata": "metadata",
    "span": "span", "feedback": "feedback", "expectation": "expectation",
}  # fmt: skip
COLUMNS = {
    "status": "state", "name": "name", "request_id": "trace_id", "client_request_id": "client_request_id",
    "timestamp": "request_time", "timestamp_ms": "request_time",
    "execution_time": "execution_duration_ms", "execution_time_ms": "execution_duration_ms",
}  # fmt: skip
SPAN_COLUMNS = {"name": "name", "type": "span_type", "status": "status"}


def condition_of(clause: Clause) -> Condition:
    """Return what a trace must meet. Raises FilterError."""
    if clause.operator == "RLIKE":
        clause.refuse(_("RLIKE is not supported: such a pattern can run without end. Use LIKE, with % for any text."))
    match PARTS.get(clause.entity):
        case "trace":
            return of_trace(clause)
        case "tags" | "metadata" as column:
            return of_key(clause, column)
        case "span":
            return of_span(clause)
        case "feedback" | "expectation" as kind:
            return of_assessment(clause, kind)
    known = "trace, tag, metadata, span, feedback, expectation"
    clause.refuse(_("“%(text)s” is not known. Known are: %(known)s.") % {"text": clause.entity, "known": known})


def of_trace(clause: Clause) -> Condition:
    if clause.key == "text":
        return in_text(clause)
    column = COLUMNS.get(clause.key)
    if column is None:
        known = ", ".join([*COLUMNS, "text"])
        clause.refuse(_("“%(text)s” is not known. Known are: %(known)s.") % {"text": clause.key, "known": known})
    if column == "request_time":
        only(clause, NUMBERS)
        return Compared(F(column), clause.operator, time_of(clause))
    if column == "execution_duration_ms":
        only(clause, NUMBERS)
        return Compared(F(column), clause.operator, number_of(clause))
    only(clause, STRINGS | LISTS)
    if column == "state":
        check_status(clause)
    return compared(F(column), clause)


def in_text(clause: Clause) -> Condition:
    """Question and answer as lists show them (their first 1,000 characters); `span.content` reads everything."""
    only(clause, {"LIKE", "ILIKE"})
    any_case, pattern = clause.operator == "ILIKE", text_of(clause)
    return Q(Like(F("request_preview"), pattern, any_case=any_case)) | Q(
        Like(F("response_preview"), pattern, any_case=any_case)
    )


def of_key(clause: Clause, column: str) -> Condition:
    only(clause, STRINGS | NULLS)
    text = KeyTextTransform(clause.key, column)
    if clause.operator in NULLS:
        return IsNull(text, clause.operator == "IS NULL")
    return compared(text, clause)


def of_span(clause: Clause) -> Condition:
    only(clause, STRINGS | LISTS)
    spans = Span.objects.filter(trace=OuterRef("pk"))
    if clause.key == "content":
        only(clause, {"LIKE", "ILIKE"})
        return Exists(spans.filter(LikeInJson(F("attributes"), text_of(clause), any_case=clause.operator == "ILIKE")))
    if clause.key.startswith("attributes."):
        return Exists(
            spans.filter(compared(KeyTextTransform(clause.key.removeprefix("attributes."), "attributes"), clause))
        )
    if clause.key not in SPAN_COLUMNS:
        known = ", ".join([*SPAN_COLUMNS, "content", "attributes.…"])
        clause.refuse(_("“%(text)s” is not known. Known are: %(known)s.") % {"text": clause.key, "known": known})
    return Exists(spans.filter(compared(F(SPAN_COLUMNS[clause.key]), clause)))


def of_assessment(clause: Clause, kind: str) -> Condition:
    only(clause, STRINGS | NUMBERS | NULLS)
    found = Assessment.objects.filter(trace=OuterRef("pk"), kind=kind, name=clause.key, valid=True)
    if clause.operator in NULLS:
        return Exists(found) if clause.operator == "IS NOT NULL" else ~Exists(found)
    if clause.operator in NUMBERS - STRINGS or not isinstance(clause.value, str):
        return Exists(found.filter(Compared(JsonNumber("value"), clause.operator, float(number_of(clause)))))
    return Exists(found.filter(compared(JsonText("value"), clause)))


def compared(column: Combinable, clause: Clause) -> Condition:
    """Compare as text. A missing key or value meets no comparison, not even !=, as in MLflow."""
    if clause.operator in {"LIKE", "ILIKE"}:
        return Like(column, text_of(clause), any_case=clause.operator == "ILIKE")
    if isinstance(clause.value, list):
        sign = "=" if clause.operator == "IN" else "!="
        each = [Q(Compared(column, sign, value)) for value in clause.value]
        return reduce(or_ if clause.operator == "IN" else and_, each)
    return Compared(column, clause.operator, text_of(clause))


def only(clause: Clause, allowed: set[str]) -> None:
    if clause.operator not in allowed:
        known = ", ".join(sorted(allowed))
        message = _("“%(operator)s” does not fit %(key)s. Use one of: %(known)s.")
        clause.refuse(message % {"operator": clause.operator, "key": clause.key, "known": known})


def text_of(clause: Clause) -> str:
    return str(clause.value)


def number_of(clause: Clause) -> int | float:
    if isinstance(clause.value, (int, float)) and abs(clause.value) < MAX_NUMBER:
        return clause.value
    clause.refuse_value(_("%(key)s is compared with a number, without quotes.") % {"key": clause.key})


def time_of(clause: Clause) -> datetime:
    try:
        return moment(clause.value if isinstance(clause.value, (int, float)) else text_of(clause))
    except ValueError:
        clause.refuse_value(_("This is not a time. Write '2026-03-31', '7 days ago', or milliseconds since 1970."))


def check_status(clause: Clause) -> None:
    values = clause.value if isinstance(clause.value, list) else [text_of(clause)]
    if clause.operator in {"LIKE", "ILIKE"}:
        return
    for value in values:
        if value not in TraceState.values:
            known = ", ".join(TraceState.values)
            clause.refuse_value(
                _("There is no status “%(text)s”. Known are: %(known)s.") % {"text": value, "known": known}
            )
