"""The socket of the list of traces. It says that something came, never what: pages ask by themselves."""

from __future__ import annotations

import json
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from traces.arriving import GROUP

# Close codes, as HTTP's with 4000 added; sent before the socket is accepted.
NOBODY = 4401
NOT_FOUND = 4404


class ArrivalsConsumer(AsyncWebsocketConsumer):
    """ws/traces/ for who reads traces. Sends {"event": "traces:arrived"}, takes nothing."""

    is_member = False

    async def connect(self) -> None:
        user = self.scope["user"]
        if not user.is_authenticated or not user.reads_traces:
            await self.close(NOT_FOUND if user.is_authenticated else NOBODY)
            return
        await self.channel_layer.group_add(GROUP, self.channel_name)
        self.is_member = True
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.is_member:
            await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def traces_arrived(self, event: dict[str, Any]) -> None:
        await self.send(json.dumps({"event": "traces:arrived"}))
