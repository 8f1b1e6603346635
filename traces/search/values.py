"""What stands behind the operator of a clause, checked: each raises FilterError, which names the place."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from traces.models import TraceState
from traces.patterns import RefusedPattern
from traces.search.grammar import Clause
from traces.search.moments import moment
from traces.search.patterns import check

MAX_NUMBER = 2**62  # what a database's integer holds


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


def checked_pattern(clause: Clause) -> str:
    try:
        check(text_of(clause))
    except RefusedPattern as error:
        clause.refuse_value(str(error))
    return text_of(clause)


def check_status(clause: Clause) -> None:
    if clause.operator in {"LIKE", "ILIKE", "RLIKE"}:
        return
    for value in clause.value if isinstance(clause.value, list) else [text_of(clause)]:
        if value not in TraceState.values:
            known = ", ".join(TraceState.values)
            clause.refuse_value(
                _("There is no status “%(text)s”. Known are: %(known)s.") % {"text": value, "known": known}
            )
