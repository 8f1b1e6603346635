"""Telling open lists that traces came in. Lists are right without it; this spares a reload."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from traces.announcing import Arrival, on_arrival

logger = logging.getLogger(__name__)

GROUP = "traces.arrived"
PAUSE_S = 1.0  # a page waits longer than this before it asks, so what came in the pause is not missed


class Throttle:
    """Lets one through in `pause_s`, in this process."""

    def __init__(self, pause_s: float) -> None:
        self.pause_s = pause_s
        self.last = float("-inf")

    def lets_through(self) -> bool:
        now = time.monotonic()
        if now - self.last < self.pause_s:
            return False
        self.last = now
        return True


throttle = Throttle(PAUSE_S)


@on_arrival
def tell(arrivals: Sequence[Arrival]) -> None:
    """Say that something came, never what: each page asks for what fits its filter."""
    if not arrivals or not throttle.lets_through():
        return
    try:
        async_to_sync(get_channel_layer().group_send)(GROUP, {"type": "traces.arrived"})
    except (OSError, RedisError) as error:
        logger.warning("Nobody was told that traces came in: %s", error)
