"""How often a password may be guessed wrong.

Counted per e-mail and network address: nobody else can lock a person out, and links go on working.
The count is in the cache: one process's memory, or Redis when REDIS_URL is set.
"""

from __future__ import annotations

import contextlib
import hashlib

from django.core.cache import cache

MAX_FAILURES = 10
WINDOW_S = 15 * 60  # from the first wrong password


def is_throttled(email: str, address: str) -> bool:
    failures: int = cache.get(_key(email, address), 0)
    return failures >= MAX_FAILURES


def note_failure(email: str, address: str) -> None:
    key = _key(email, address)
    cache.add(key, 0, timeout=WINDOW_S)
    with contextlib.suppress(ValueError):  # the window ended between the two
        cache.incr(key)


def forget_failures(email: str, address: str) -> None:
    cache.delete(_key(email, address))


def _key(email: str, address: str) -> str:
    who = f"{email.strip().lower()} {address}"
    return f"sign-in-failures:{hashlib.sha256(who.encode()).hexdigest()}"
