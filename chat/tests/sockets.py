"""A page's end of a conversation's socket, through the whole ASGI application: origin, sign-in and routing included."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID, uuid4

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client

from accounts.models import User
from chat.models import Conversation, Turn
from reviewapp.asgi import application

HERE = "http://127.0.0.1:8000"
LONGEST_S = 30  # that anything is waited for; a busy machine takes its time


class Socket(ApplicationCommunicator):
    def __init__(self, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        super().__init__(application, {"type": "websocket", "path": path, "headers": headers, "query_string": b""})

    async def connect(self) -> int | None:
        """Open it; return the close code if it is closed at once, before or after it was accepted."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(LONGEST_S)
        return None if answer["type"] == "websocket.accept" else answer.get("code")

    async def says(self, op: str, **what: Any) -> None:
        await self.says_text(json.dumps({"op": op, **what}, default=str))

    async def says_text(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def hears(self, op: str = "") -> dict[str, Any]:
        """Return the next message, or the next of a kind, frames before it left out."""
        while True:
            answer = await self.receive_output(LONGEST_S)
            assert answer["type"] == "websocket.send", answer
            message = json.loads(answer["text"])
            if not op or message["op"] == op:
                return message
            assert message["op"] in {"frame", "turn"}, message

    async def is_closed(self) -> int:
        """Wait for the server to close it, and return the code."""
        while True:
            answer = await self.receive_output(LONGEST_S)
            if answer["type"] == "websocket.close":
                return answer["code"]

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1006})
        await self.wait()


class Page:
    """What a page makes of what it hears of one turn: only what it must know to draw it."""

    def __init__(self, cursor: int = 0) -> None:
        self.cursor = cursor
        self.blocks: list[str] = []
        self.tail = self.text = self.activity = ""
        self.final = ""
        self.n_frames = 0

    def take(self, message: dict[str, Any]) -> None:
        if message["op"] == "ended":
            self.final = message["html"]
        if message["op"] == "turn":
            self.take_article(message["html"])
        if message["op"] != "frame":
            return
        self.n_frames += 1
        self.cursor = message["cursor"]
        for block in message.get("blocks", []):
            assert block["n"] == len(self.blocks)
            self.blocks.append(block["html"])
        if "tail" in message:
            self.tail, self.text = message["tail"], ""
        self.text += message.get("text", "")
        self.activity = message.get("activity", self.activity)

    def take_article(self, html: str) -> None:
        self.cursor = int(re.search(r'data-cursor="(\d+)"', html)[1])
        n_blocks = int(re.search(r'data-n-blocks="(\d+)"', html)[1])
        drawn = html.partition("data-blocks>")[2].partition("data-tail>")[0].rpartition("<div")[0]
        self.blocks = [drawn] + [""] * (n_blocks - 1) if n_blocks else []
        self.tail, self.text = html.partition("data-tail-html>")[2].partition("<span")[0], ""

    @property
    def shown(self) -> str:
        """The words that a person reads."""
        return words_in("".join(self.blocks) + self.tail) + self.text


def words_in(html: str) -> str:
    return re.sub(r"<[^>]+>|\n\s*", "", html)


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user, backend="accounts.backends.PasswordBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


async def socket_of(user: User | None, conversation_id: UUID, *, origin: str = HERE, session: str = "") -> Socket:
    headers = [(b"host", b"127.0.0.1:8000"), (b"origin", origin.encode())]
    if user:
        session = session or await sync_to_async(session_of)(user)
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()))
    return Socket(f"/ws/chat/{conversation_id}/", headers)


async def opened(user: User, conversation: Conversation, **how: Any) -> Socket:
    socket = await socket_of(user, conversation.pk, **how)
    assert await socket.connect() is None
    return socket


async def ask(socket: Socket, message: str = "Am I covered?", parent: Turn | None = None) -> UUID:
    turn_id = uuid4()
    await socket.says("ask", turn=turn_id, parent=parent and parent.pk, message=message)
    return turn_id
