"""Regular expressions that strangers may write: they end, whatever they are and whatever they meet.

Every pattern has to be one that RE2 takes, which has no part that needs going back. On SQLite RE2 itself
matches; on PostgreSQL its own engine does, which for such patterns goes over the text once, too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2
from django.db import DataError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

FUNCTION = "REVIEWAPP_RLIKE"  # of SQLite
MOST_LETTERS = 200
MOST_MEMORY = 1 << 20  # bytes of a pattern, compiled
TIMES = re.compile(r"\{(\d+)(?:,(\d*))?\}")
MOST_TIMES = 100
GOES_BACK = re.compile(r"\(\?(?:=|!|<=|<!|P=)|\\[1-9]")


class PatternError(ValueError):
    """A pattern that is not taken, in words for people."""


@lru_cache(maxsize=64)
def compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem, options.log_errors = MOST_MEMORY, False
    return re2.compile(pattern, options)


def check(pattern: str) -> None:
    """Raises PatternError. Queries: 1 on PostgreSQL, whose grammar is a little another."""
    if GOES_BACK.search(pattern):
        raise PatternError(
            _("Looking around and back (?=…), (?<=…), \\1 is refused: such a pattern can run without end.")
        )
    if len(pattern) > MOST_LETTERS or any(times > MOST_TIMES for times in repetitions(pattern)):
        raise PatternError(_("This pattern is too large: at most 200 characters, and {100} times."))
    try:
        compiled(pattern)
    except re2.error as error:
        words = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise PatternError(_("This is no regular expression: %(why)s.") % {"why": words}) from error
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
        raise PatternError(_("This is no regular expression: %(why)s.") % {"why": why}) from error


def rlike(pattern: str, text: Any) -> bool | None:
    return None if text is None else compiled(pattern).search(str(text)) is not None


def add_function(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Teach a new connection to SQLite what RLIKE is."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(FUNCTION, 2, rlike, deterministic=True)
