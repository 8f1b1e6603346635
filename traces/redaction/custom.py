"""Rules that managers write: regular expressions that end, whatever they are and whatever they meet.

RE2 looks for them: one search takes time in proportion to the text, as nothing in it goes back. What still takes long
for its size is refused when it is saved; and a limit of time for each request holds for what is sent.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

import re2
from django.utils.translation import gettext as _

NAME = re.compile(r"[^\W\d_][\w -]{0,29}")
MOST_LETTERS = 300
MOST_STEPS = 2_000  # RE2's, of one pattern compiled
MOST_MEMORY = 4 << 20  # bytes of a pattern and of what it keeps while matching
GOES_BACK = re.compile(r"\(\?(?:=|!|<=|<!|P=|>)|\\[1-9]|[*+?}]\+")
SLOW_S = 1.5  # of this thread, for texts of a megabyte and a half in all
SIZE = 400_000
SAMPLES = ("a" * SIZE, "0 " * (SIZE // 2), "Anna Berg, 12 High Street; " * (SIZE // 27), "aB1-" * (SIZE // 4))


class RefusedPattern(ValueError):
    """A pattern that is not taken, in words for people."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem, options.log_errors = MOST_MEMORY, False
    return re2.compile(pattern, options)


def check_pattern(pattern: str) -> None:
    """Raises RefusedPattern."""
    if GOES_BACK.search(pattern):
        raise RefusedPattern(
            _("Looking around and back, such as (?=…), (?<=…) or \\1, is refused: it can run without end.")
        )
    if len(pattern) > MOST_LETTERS:
        raise RefusedPattern(_("It is longer than %(n)d characters.") % {"n": MOST_LETTERS})
    try:
        found = compiled(pattern)
    except re2.error as error:
        why = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise RefusedPattern(_("It is no regular expression: %(why)s.") % {"why": why}) from error
    if found.search("") is not None:
        raise RefusedPattern(_("It matches where nothing is: it would mask between all letters."))
    if found.programsize > MOST_STEPS or _is_slow(pattern):
        raise RefusedPattern(
            _("It would take too long on long texts. Repeat less, such as {1,20} in place of {1,1000}.")
        )


def _is_slow(pattern: str) -> bool:
    deadline = time.thread_time() + SLOW_S
    for sample in SAMPLES:
        replace_pattern(pattern, sample, "", deadline)
    return time.thread_time() > deadline


def replace_pattern(pattern: str, text: str, placeholder: str, deadline: float) -> tuple[str, int]:
    """Put the placeholder where the pattern is found.

    One search takes time in proportion to the text; many of them may not. What is not looked at by `deadline`
    (of this thread's own clock) is masked as a whole: rather too much than what was to be hidden.
    """
    came = text.encode(errors="replace")  # RE2 counts in bytes
    pieces: list[bytes] = []
    done = 0
    if time.thread_time() > deadline:
        return placeholder, 1
    for match in compiled(pattern).finditer(came):
        begin, end = match.span()
        if begin < end:
            pieces += [came[done:begin], placeholder.encode()]
            done = end
        if time.thread_time() > deadline:
            return b"".join([*pieces, placeholder.encode()]).decode(), len(pieces) // 2 + 1
    return (b"".join([*pieces, came[done:]]).decode(), len(pieces) // 2) if pieces else (text, 0)
