"""The socket of a conversation's page: ws/chat/<conversation>/, frames of JSON.

page → server
    {op: ask, turn, parent or null, message, images?}      a message under `parent`; ids are the page's own
    {op: again, turn, of} · {op: edit, turn, of, message}  another version
    {op: watch, turn, cursor, blocks}                      go on from what the page has: data-cursor, data-n-blocks
    {op: stop, turn}
server → page
    {op: turn, turn, html}                     the article as it is now; goes to every page of the conversation,
                                               and what it says from there on follows: nobody has to `watch` it
    {op: frame, turn, cursor, blocks?: [{n, html}], tail?, text?, activity?}
                                               in this order: blocks to add, what replaces the tail, text behind it
    {op: ended, turn, cursor, html}            the article as it stays
    {op: linked, turn, html}                   the same, with what the application's own trace has come to add
    {op: error, turn or null, message}         in words; the socket stays

A socket is accepted before it is refused, or browsers would not see the code: 4401 not signed in, 4403 not yours,
4404 not there. Answers go on without any socket, and reading never waits for writing: a slow page gets larger frames.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from chat import nudging, running
from chat.calling import BadMessage, Caller, Message, Refused, id_in, number_in
from chat.drawing import article_of
from chat.following import watching
from chat.models import Turn
from chat.pacing import Pace
from chat.pictures import Picture, Seen, seen_before
from chat.threads import in_thread
from chat.turns import TurnRefused

logger = logging.getLogger(__name__)

LOOKS_AGAIN_S = 0.1  # where a turn is not over that seemed to be
MAX_MESSAGE_CHARS = 12_000_000  # of one frame from the page: its images are in it
MAX_WATCHED = 20  # turns at once


class Gone(Exception):  # noqa: N818 - an end like any other
    """The page went away."""


class ChatConsumer(AsyncWebsocketConsumer):
    caller: Caller
    readers: dict[UUID, asyncio.Task[None]]
    has_left = False  # what the page had on its way when it was refused is not answered

    async def connect(self) -> None:
        conversation_id: UUID = self.scope["url_route"]["kwargs"]["conversation_id"]
        self.caller = Caller(self.scope["cookies"].get(settings.SESSION_COOKIE_NAME), conversation_id)
        self.readers = {}
        try:
            await in_thread(self.caller.open)
        except Refused as refusal:
            await self.turn_away(refusal.code)
            return
        await self.join()
        await self.accept()  # last: whoever is told that it is open hears of everything from then on

    async def turn_away(self, code: int) -> None:
        await self.accept()
        await self.leave(code)

    async def join(self) -> None:
        """Hear of what other pages of the conversation do. Without it this page still works."""
        try:
            await self.channel_layer.group_add(nudging.group_of(self.caller.conversation_id), self.channel_name)
        except (OSError, RedisError) as error:
            logger.warning("A page hears nothing of others: %s", error)

    async def disconnect(self, code: int) -> None:
        self.stop_reading()
        try:
            await self.channel_layer.group_discard(nudging.group_of(self.caller.conversation_id), self.channel_name)
        except (OSError, RedisError) as error:
            logger.warning("A page could not leave its group: %s", error)

    def stop_reading(self) -> None:
        for reader in self.readers.values():
            reader.cancel()

    async def leave(self, code: int) -> None:
        if self.has_left:
            return
        self.has_left = True
        await self.close(code)
        self.stop_reading()  # last: it may be a reader that leaves

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.has_left:
            return
        message: Message = {}
        try:
            message = message_in(text_data)
            await self.deed_of(message)(message)
        except (BadMessage, TurnRefused) as error:
            turn = message.get("turn")
            await self.tell("error", turn=turn if isinstance(turn, str) else None, message=str(error))
        except Refused as refusal:
            await self.leave(refusal.code)

    def deed_of(self, message: Message) -> Callable[[Message], Awaitable[None]]:
        deeds = {"ask": self.ask, "again": self.ask, "edit": self.ask, "watch": self.watch, "stop": self.stop}
        deed = deeds.get(str(message.get("op")))
        if deed is None:
            raise BadMessage(_("What the page sent could not be read."))
        return deed

    async def ask(self, message: Message) -> None:
        turn, job = await in_thread(self.caller.begin, message)
        if job:
            await running.launch(job)
        self.read(turn.pk, self.show(turn.pk, made=turn))

    async def watch(self, message: Message) -> None:
        turn_id, cursor = id_in(message, "turn"), number_in(message, "cursor")
        seen = seen_before(number_in(message, "blocks"), cursor)
        await in_thread(self.caller.turn, turn_id)
        self.read(turn_id, self.follow(turn_id, seen, cursor))

    async def stop(self, message: Message) -> None:
        await in_thread(self.caller.stop, message)

    async def turn_made(self, event: dict[str, str]) -> None:
        """Another page of the conversation asked something."""
        turn_id = UUID(event["turn"])
        if turn_id not in self.readers and len(self.readers) < MAX_WATCHED:
            self.read(turn_id, self.show(turn_id))

    async def turn_stop(self, event: dict[str, str]) -> None:
        running.stop(UUID(event["turn"]))

    async def turn_linked(self, event: dict[str, str]) -> None:
        await self.guard(self.show_linked(UUID(event["turn"])))

    async def show_linked(self, turn_id: UUID) -> None:
        article = await in_thread(self.caller.article, turn_id)
        if not article.turn.is_running:
            await self.tell("linked", turn=str(turn_id), html=article.html)

    def read(self, turn_id: UUID, reading: Any) -> None:
        """Let a task send what a turn says; one for each turn."""
        if before := self.readers.pop(turn_id, None):
            before.cancel()
        if len(self.readers) >= MAX_WATCHED:
            reading.close()
            raise BadMessage(_("Too many answers are watched at once."))
        reader = self.readers[turn_id] = asyncio.create_task(self.guard(reading))
        reader.add_done_callback(lambda done: self.forget(turn_id, done))

    def forget(self, turn_id: UUID, reader: asyncio.Task[None]) -> None:
        if self.readers.get(turn_id) is reader:
            del self.readers[turn_id]
        running.complain(reader)

    async def guard(self, reading: Awaitable[None]) -> None:
        try:
            await reading
        except Refused as refusal:
            await self.leave(refusal.code)
        except (BadMessage, Gone):  # the turn was deleted, or the page is gone
            return

    async def show(self, turn_id: UUID, *, made: Turn | None = None) -> None:
        """Send the article, and go on from it; `made` is the turn where this page has just asked it."""
        if made:
            article = await in_thread(article_of, made, made.conversation.user)
        else:
            article = await in_thread(self.caller.article, turn_id)
        await self.tell("turn", turn=str(turn_id), html=article.html)
        drawn = article.running
        cursor = drawn.cursor if drawn else 0
        await self.follow(turn_id, seen_before(drawn.n_blocks if drawn else 0, cursor), cursor)

    async def follow(self, turn_id: UUID, seen: Seen, cursor: int) -> None:
        """Send what a turn says until it has ended."""
        async with watching(turn_id) as picture:
            await self.send_frames(str(turn_id), picture, seen, cursor)
        article = await in_thread(self.caller.article, turn_id)
        if article.turn.is_running:  # it was taken for lost, and lives; or another process has only now taken it
            await asyncio.sleep(LOOKS_AGAIN_S)
            await self.show(turn_id)
        else:
            await self.tell("ended", turn=str(turn_id), cursor=article.turn.n_events, html=article.html)

    async def send_frames(self, turn: str, picture: Picture, seen: Seen, cursor: int) -> None:
        await picture.log.news(cursor - 1)  # the page may know more than this process, if it was drawn by another
        if len(picture.log) < cursor:
            return
        pace = Pace(picture)
        picture.look_closely(pace.now())
        while True:
            frame = picture.frame_for(seen)
            if len(frame) > 1:
                await self.tell("frame", turn=turn, **frame)
            if picture.log.is_over and picture.cursor == len(picture.log):
                return
            await pace.wait_after(frame["cursor"])

    async def tell(self, op: str, **what: Any) -> None:
        try:
            # Not `self.send`, which asks twice what this is: frames are many.
            text = json.dumps({"op": op, **what}, ensure_ascii=False)
            await self.base_send({"type": "websocket.send", "text": text})
        except (OSError, RuntimeError) as error:  # what servers raise once the page is gone
            raise Gone from error


def message_in(text: str | None) -> Message:
    """Return what a page said. Raises: BadMessage."""
    if text is None or len(text) > MAX_MESSAGE_CHARS:
        raise BadMessage(_("What the page sent is too large."))
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise BadMessage(_("What the page sent could not be read.")) from None
    if not isinstance(message, dict):
        raise BadMessage(_("What the page sent could not be read."))
    return message
