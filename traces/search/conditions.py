"""From one clause of a filter to one condition on traces."""

from __future__ import annotations

import json
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, TextField
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.db.models.lookups import Exact, GreaterThanOrEqual, In, IsNull
from django.utils.translation import gettext as _

from traces.columns import RUN, EndMs, RunId, SessionAbout
from traces.models import Assessment, Span
from traces.search.grammar import Clause
from traces.search.sql import Compared, JsonNumber, JsonText, Like, LikeInJson, Matches, Plain
from traces.search.values import check_status, checked_pattern, number_of, only, text_of, time_of

Condition = Any  # a Q or a conditional expression: what `filter` takes

STRINGS = {"=", "!=", "LIKE", "ILIKE", "RLIKE"}
LISTS = {"IN", "NOT IN"}
NUMBERS = {"=", "!=", "<", "<=", ">", ">="}
NULLS = {"IS NULL", "IS NOT NULL"}
PARTS = {
    "": "trace", "trace": "trace", "traces": "trace", "attribute": "trace", "attributes": "trace",
    "tag": "tags", "tags": "tags", "metadata": "metadata", "request_metadata": "metadata",
    "span": "span", "feedback": "feedback", "expectation": "expectation", "issue": "issue",
}  # fmt: skip
COLUMNS = {
    "status": "state", "name": "name", "request_id": "trace_id", "trace_id": "trace_id",
    "client_request_id": "client_request_id", "run_id": "run_id", "session_id": "session_id", "user_id": "user_id",
    "timestamp": "request_time", "timestamp_ms": "request_time",
    "execution_time": "execution_duration_ms", "execution_time_ms": "execution_duration_ms",
    "end_time": "end_time", "end_time_ms": "end_time", "experiment_id": "experiment_id",
}  # fmt: skip
KEPT_AS_COLUMNS = {RUN: "run_id", "mlflow.trace.session": "session_id", "mlflow.trace.user": "user_id"}  # of metadata
SPAN_COLUMNS = {"name": "name", "type": "span_type", "status": "status"}
PROMPTS = "mlflow.linkedPrompts"  # a tag: [{"name": …, "version": …}, …]


def part_of(clause: Clause) -> str:
    """Return what of a trace the clause looks at. Raises FilterError."""
    if clause.entity not in PARTS:
        known = "trace, tag, metadata, span, feedback, expectation, issue"
        clause.refuse(_("“%(text)s” is not known. Known are: %(known)s.") % {"text": clause.entity, "known": known})
    return PARTS[clause.entity]


def column_of(clause: Clause) -> str | None:
    """Return the column of traces that the clause is about, if it is about one. Raises FilterError."""
    part = part_of(clause)
    if part == "metadata" and clause.operator in STRINGS:
        return KEPT_AS_COLUMNS.get(clause.key)
    return COLUMNS.get(clause.key) if part == "trace" else None


def condition_of(clause: Clause, *, plain: bool = False) -> Condition:
    """Return what a trace must meet; with `plain`, without help of an index of traces. Raises FilterError."""
    match part_of(clause):
        case "trace":
            return of_trace(clause, plain=plain)
        case "tags" | "metadata" as column:
            return of_key(clause, column, plain=plain)
        case "span":
            return of_span(clause)
        case "issue":
            return of_issue(clause)
        case kind:
            return of_assessment(clause, kind)


def of_trace(clause: Clause, *, plain: bool) -> Condition:
    if clause.key == "text":
        return in_text(clause)
    if clause.key == "prompt":
        return of_prompt(clause)
    column = COLUMNS.get(clause.key)
    if column is None:
        known = ", ".join([*COLUMNS, "text", "prompt"])
        clause.refuse(_("“%(text)s” is not known. Known are: %(known)s.") % {"text": clause.key, "known": known})
    if column == "request_time":
        only(clause, NUMBERS)
        return Compared(F(column), clause.operator, time_of(clause))
    if column == "end_time":
        only(clause, NUMBERS)
        return Compared(EndMs(), clause.operator, time_of(clause).timestamp() * 1000)
    if column == "execution_duration_ms":
        only(clause, NUMBERS)
        return Compared(F(column), clause.operator, number_of(clause))
    if column == "experiment_id":
        return in_experiment(clause, expression_of(column, plain=plain))
    only(clause, STRINGS | LISTS)
    if column == "state":
        check_status(clause)
    return compared(expression_of(column, plain=plain), clause)


def in_experiment(clause: Clause, column: Combinable) -> Condition:
    if isinstance(clause.value, list):
        only(clause, {"IN"})
        return In(column, [int(each) for each in clause.value if each.isascii() and each.isdigit()])
    only(clause, {"=", "!="})
    return Compared(column, clause.operator, number_of(clause))


def expression_of(column: str, *, plain: bool) -> Combinable:
    column_itself: Combinable = RunId() if column == "run_id" else F(column)
    return Plain(column_itself) if plain else column_itself


def in_text(clause: Clause) -> Condition:
    """Question and answer as lists show them (their first 1,000 characters); `span.content` reads everything."""
    only(clause, {"LIKE", "ILIKE"})
    any_case, pattern = clause.operator == "ILIKE", text_of(clause)
    return Q(Like(F("request_preview"), pattern, any_case=any_case)) | Q(
        Like(F("response_preview"), pattern, any_case=any_case)
    )


def of_prompt(clause: Clause) -> Condition:
    only(clause, {"="})
    name, slash, version = text_of(clause).rpartition("/")
    if not slash:
        clause.refuse_value(_("A prompt is written as 'name/version'."))
    linked = json.dumps({"name": name, "version": version})[:-1]
    return Like(KeyTextTransform(PROMPTS, "tags"), f"%{linked}%", any_case=False)


def of_key(clause: Clause, column: str, *, plain: bool) -> Condition:
    only(clause, STRINGS | NULLS)
    if own := column_of(clause):
        of_column = compared(expression_of(own, plain=plain), clause)
        return of_column if own == "run_id" else Q(of_column, ~Q(**{own: ""}))
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
        value = KeyTextTransform(clause.key.removeprefix("attributes."), "attributes")
        # As text, whatever it is, as in MLflow: SQLite would not find the number 1 by '1'.
        return Exists(spans.filter(compared(Cast(value, TextField()), clause)))
    if clause.key not in SPAN_COLUMNS:
        known = ", ".join([*SPAN_COLUMNS, "content", "attributes.…"])
        clause.refuse(_("“%(text)s” is not known. Known are: %(known)s.") % {"text": clause.key, "known": known})
    return Exists(spans.filter(compared(F(SPAN_COLUMNS[clause.key]), clause)))


def of_issue(clause: Clause) -> Condition:
    only(clause, {"="})
    return Exists(Assessment.objects.filter(trace=OuterRef("pk"), kind="issue", name=text_of(clause)))


def of_assessment(clause: Clause, kind: str) -> Condition:
    """One that is about the whole session counts for each of its traces, as in MLflow."""
    wanted = said(clause, kind)
    # The second comparison says nothing new. But without it PostgreSQL would read all that was ever said into a
    # hash table, to look up a few traces in it.
    of_trace = Exists(Assessment.objects.filter(*wanted, trace=OuterRef("pk"), trace__gte=OuterRef("pk")))
    outer = OuterRef("session_id")
    is_of_session: list[Condition] = [Exact(SessionAbout(), outer), GreaterThanOrEqual(SessionAbout(), outer)]
    of_session = ~Q(session_id="") & Q(Exists(Assessment.objects.filter(*wanted, *is_of_session)))
    found = Q(of_trace) | of_session
    return ~found if clause.operator == "IS NULL" else found


def said(clause: Clause, kind: str) -> list[Condition]:
    """Return what an assessment of a trace must meet. Raises FilterError."""
    only(clause, STRINGS | NUMBERS | NULLS)
    wanted = [Q(valid=True), *named(clause, kind, plain=True)]
    if clause.operator in NULLS:
        return wanted
    if clause.operator in NUMBERS - STRINGS or not isinstance(clause.value, str):
        return [*wanted, Compared(JsonNumber("value"), clause.operator, float(number_of(clause)))]
    return [*wanted, compared(JsonText("value"), clause)]


def named(clause: Clause, kind: str, *, plain: bool = False) -> list[Condition]:
    """Return the kind and the name; without a key it may have any name."""
    name = Plain(F("name")) if plain else F("name")
    return [Q(kind=kind), *([Compared(name, "=", clause.key)] if clause.key else [])]


def compared(column: Combinable, clause: Clause) -> Condition:
    """Compare as text. A missing key or value meets no comparison, not even !=, as in MLflow."""
    if clause.operator == "RLIKE":
        return Matches(column, checked_pattern(clause))
    if clause.operator in {"LIKE", "ILIKE"}:
        return Like(column, text_of(clause), any_case=clause.operator == "ILIKE")
    if isinstance(clause.value, list):
        sign = "=" if clause.operator == "IN" else "!="
        each = [Q(Compared(column, sign, value)) for value in clause.value]
        return reduce(or_ if clause.operator == "IN" else and_, each)
    return Compared(column, clause.operator, text_of(clause))
