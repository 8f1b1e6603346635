"""Tell the sockets of a conversation that there is something to look at. Never what: tokens don't travel here.

Everything is right without it, only later: who asked sees the answer anyway, and a runner looks for a Stop
in its row. So a layer that is down costs a line in the log.
"""

from __future__ import annotations

import logging
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

MADE = "turn.made"
STOP = "turn.stop"
LINKED = "turn.linked"


def group_of(conversation_id: UUID) -> str:
    return f"chat.{conversation_id}"


async def tell(conversation_id: UUID, what: str, turn_id: UUID) -> None:
    try:
        await get_channel_layer().group_send(group_of(conversation_id), {"type": what, "turn": str(turn_id)})
    except (OSError, RedisError) as error:
        logger.warning("Nobody was told of %s in conversation %s: %s", what, conversation_id, error)


def tell_soon(conversation_id: UUID, what: str, turn_id: UUID) -> None:
    """Tell from code that is not async; to be called once the change is committed."""
    async_to_sync(tell)(conversation_id, what, turn_id)
