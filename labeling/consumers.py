"""The socket of a session's page. It says that something changed, never what: pages ask by themselves."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.models import User
from labeling.access import get_managed_session_for
from labeling.live import group_of

# Close codes, as HTTP's with 4000 added. They are sent before the socket is accepted: a stranger
# never has one, and a page of another site is refused by its origin before it comes here.
NOBODY = 4401
NOT_ALLOWED = 4403
NOT_FOUND = 4404


class SessionConsumer(AsyncWebsocketConsumer):
    """ws/sessions/<id>/ for who runs the session. Sends {"event": "session:changed"}, takes nothing."""

    group: str | None = None

    async def connect(self) -> None:
        session_id: UUID = self.scope["url_route"]["kwargs"]["session_id"]
        refusal = await database_sync_to_async(refusal_of)(self.scope["user"], session_id)
        if refusal:
            await self.close(refusal)
            return
        self.group = group_of(session_id)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def session_changed(self, event: dict[str, Any]) -> None:
        await self.send(json.dumps({"event": "session:changed"}))


def refusal_of(user: User, session_id: UUID) -> int | None:
    """Return why this person may not listen to the session, as a close code; None when they may."""
    if not user.is_authenticated:
        return NOBODY
    try:
        get_managed_session_for(user, session_id)
    except PermissionDenied:
        return NOT_ALLOWED
    except Http404:
        return NOT_FOUND
    return None
