"""Rules that managers write: regular expressions (traces/patterns.py) that are looked for in all that comes in.

What takes long for its size is refused when it is saved; and a limit of time for each request holds for what is sent.
"""

from __future__ import annotations

import re
import time

from django.utils.translation import gettext as _

from traces.patterns import RefusedPattern, checked, compiled

NAME = re.compile(r"[^\W\d_][\w -]{0,29}")
MOST_LETTERS = 300
MOST_STEPS = 2_000  # RE2's, of one pattern compiled
SLOW_S = 1.5  # of this thread, for texts of a megabyte and a half in all
SIZE = 400_000
SAMPLES = ("a" * SIZE, "0 " * (SIZE // 2), "Anna Berg, 12 High Street; " * (SIZE // 27), "aB1-" * (SIZE // 4))


def check_pattern(pattern: str) -> None:
    """Raises RefusedPattern."""
    found = checked(pattern, MOST_LETTERS)
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
