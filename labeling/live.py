"""Tell open pages that a session has changed. Pages are right without it; this spares a reload."""

from __future__ import annotations

import logging
from functools import partial
from uuid import UUID

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from reviewapp.lib.serving import do_soon

logger = logging.getLogger(__name__)


def group_of(session_id: UUID) -> str:
    return f"session.{session_id}"


def tell(session_id: UUID) -> None:
    """Tell everybody who looks at the session; to be called once the change is committed.

    Twenty experts change it hundreds of times a second, and pages ask once for all of it.
    """
    do_soon(group_of(session_id), partial(send_changed, session_id))


async def send_changed(session_id: UUID) -> None:
    """A label must not fail because a layer is down, so that is logged and no more."""
    try:
        await get_channel_layer().group_send(group_of(session_id), {"type": "session.changed"})
    except (OSError, RedisError) as error:
        logger.warning("Nobody was told that session %s changed: %s", session_id, error)
