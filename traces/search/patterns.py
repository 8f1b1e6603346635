"""Regular expressions of a filter, and how the databases look for them.

On SQLite RE2 itself matches (traces/patterns.py); on PostgreSQL its own engine does, which for patterns that RE2
takes goes over the text once, too.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import DataError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from traces.patterns import RefusedPattern, checked, compiled, no_expression

FUNCTION = "REVIEWAPP_RLIKE"  # of SQLite
MOST_LETTERS = 200
TIMES = re.compile(r"\{(\d+)(?:,(\d*))?\}")
MOST_TIMES = 100


def check(pattern: str) -> None:
    """Raises RefusedPattern. Queries: 1 on PostgreSQL, whose grammar is a little another."""
    if any(times > MOST_TIMES for times in repetitions(pattern)):
        raise RefusedPattern(_("It repeats something more than %(n)d times.") % {"n": MOST_TIMES})
    checked(pattern, MOST_LETTERS)
    if connection.vendor == "postgresql":
        ask_postgresql(pattern)


def repetitions(pattern: str) -> list[int]:
    return [int(number) for match in TIMES.finditer(pattern) for number in match.groups() if number]


def ask_postgresql(pattern: str) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT '' ~ %s", [pattern])
    except DataError as error:
        why = str(error).splitlines()[0].removeprefix("invalid regular expression: ")
        raise RefusedPattern(no_expression(why)) from error


def rlike(pattern: str, text: Any) -> bool | None:
    return None if text is None else compiled(pattern).search(str(text)) is not None


def add_function(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Teach a new connection to SQLite what RLIKE is."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(FUNCTION, 2, rlike, deterministic=True)
