"""What happens to running turns when the server starts and stops: the ASGI lifespan protocol."""

from __future__ import annotations

import logging
from typing import Any

from django.db import Error

from chat import running, turns
from chat.models import Turn
from chat.threads import in_thread

logger = logging.getLogger(__name__)


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await running.close()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def start() -> None:
    """Settle what an earlier process left behind. Without a database there will be other complaints."""
    try:
        await in_thread(lambda: turns.settle_lost(Turn.objects.filter(state=Turn.State.RUNNING)))
    except Error as error:
        logger.warning("Nobody looked for interrupted answers: %s", error)
