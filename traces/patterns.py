"""Regular expressions that people write here: they end, whatever they are and whatever they meet.

Every pattern has to be one that RE2 takes, which has no part that needs going back: so one search takes time in
proportion to the text. What else a pattern may cost is for whoever uses it to say.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2
from django.utils.translation import gettext as _

MOST_MEMORY = 4 << 20  # bytes of a pattern and of what it keeps while matching
GOES_BACK = re.compile(r"\(\?(?:=|!|<=|<!|P=|>)|\\[1-9]|[*+?}]\+")


class RefusedPattern(ValueError):
    """A pattern that is not taken, in words for people."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem, options.log_errors = MOST_MEMORY, False
    return re2.compile(pattern, options)


def checked(pattern: str, most_letters: int) -> Any:
    """Return the pattern, compiled. Raises RefusedPattern."""
    if GOES_BACK.search(pattern):
        raise RefusedPattern(
            _("Looking around and back, such as (?=…), (?<=…) or \\1, is refused: it can run without end.")
        )
    if len(pattern) > most_letters:
        raise RefusedPattern(_("It is longer than %(n)d characters.") % {"n": most_letters})
    try:
        return compiled(pattern)
    except re2.error as error:
        why = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise RefusedPattern(no_expression(why)) from error


def no_expression(why: str) -> str:
    return _("It is no regular expression: %(why)s.") % {"why": why}
