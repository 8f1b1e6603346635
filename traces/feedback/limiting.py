"""How often a publishable key, and one network address by it, may send.

Counted per minute of the clock, in the cache: one process's memory, or Redis when REDIS_URL is set.
"""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import time

from django.core.cache import cache

from traces.feedback.models import PublishableKey

WINDOW_S = 60


def seconds_to_wait(key: PublishableKey, address: str) -> int:
    """Count one more, and return after how many seconds it may be tried again; 0 when it may pass."""
    now = int(time.time())
    window = now // WINDOW_S
    # The address first: one that sends too much must not use up what the key has for everybody.
    for who, most in ((f"{key.pk} {network_of(address)}", key.per_address_minute), (str(key.pk), key.per_minute)):
        if count(who, window) > most:
            return WINDOW_S - now % WINDOW_S
    return 0


def count(who: str, window: int) -> int:
    name = f"feedback:{window}:{hashlib.sha256(who.encode()).hexdigest()}"
    cache.add(name, 0, timeout=2 * WINDOW_S)
    with contextlib.suppress(ValueError):  # thrown out between the two
        return cache.incr(name)
    return 1


def first_in_a_minute(what: str) -> bool:
    """Return whether this did not happen in the last minute, so that a flood makes no flood of writes."""
    return cache.add(f"feedback-noted:{hashlib.sha256(what.encode()).hexdigest()}", 1, timeout=WINDOW_S)


def network_of(address: str) -> str:
    """Return what one household has: an IPv4 address, or the first 64 bits of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)
