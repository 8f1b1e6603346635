"""The socket of a comparison: ws/chat/compare/<comparison>/, as chat.consumers has it for one conversation.

page → server
    {op: watch, turn, cursor, blocks}
server → page
    {op: frame, …} · {op: ended, turn, cursor, html} · {op: error, …}   as there; the article is chat/_side.html
    {op: turn, turn}                                   another page of this comparison asked something

One socket for both: of two, each would tell by its conversation which answers belong together.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import Http404
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from chat import nudging, turns
from chat.access import ROUND_PARTS, get_comparison_for
from chat.beside import ShownRound
from chat.calling import NOT_FOUND, BadMessage, Caller, Message, Refused
from chat.consumers import ChatConsumer
from chat.drawing import Article
from chat.models import Comparison, Round, Turn
from chat.threads import in_thread

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ComparisonCaller(Caller):
    """One person's socket at their own comparison, whose id stands for the conversation's."""

    def comparison(self) -> Comparison:
        try:
            return get_comparison_for(self.user(), self.conversation_id)
        except Http404:
            raise Refused(NOT_FOUND) from None

    def conversation_ids(self) -> list[UUID]:
        """Return both conversations; a moment to let go of turns that a process took with it."""
        found = self.comparison()
        both = [found.first_id, found.second_id]
        turns.settle_lost(Turn.objects.filter(conversation__in=both, state=Turn.State.RUNNING))
        return both

    def round_of(self, turn_id: UUID) -> Round:
        rounds = self.comparison().rounds.select_related(*ROUND_PARTS, "first_turn__trace", "second_turn__trace")
        found = rounds.filter(Q(first_turn=turn_id) | Q(second_turn=turn_id)).first()
        if found is None:
            raise BadMessage(_("There is no such message in this comparison."))
        return found

    def turn(self, turn_id: UUID) -> Turn:
        found = self.round_of(turn_id)
        return found.first_turn if found.first_turn_id == turn_id else found.second_turn

    def article(self, turn_id: UUID, made: Turn | None = None) -> Article:
        """Return one answer; `made` is never there, as nothing is asked through this socket."""
        shown = ShownRound(self.round_of(turn_id))
        side = next(each for each in shown.sides if each.turn.pk == turn_id)
        ctx = {"side": side, "is_judged": shown.is_judged, "user": self.user()}
        return Article(render_to_string("chat/_side.html", ctx), side.turn, side.running)


class ComparisonConsumer(ChatConsumer):
    caller: ComparisonCaller
    groups_joined: list[str]

    async def connect(self) -> None:
        comparison_id: UUID = self.scope["url_route"]["kwargs"]["comparison_id"]
        self.caller = ComparisonCaller(self.scope["cookies"].get(settings.SESSION_COOKIE_NAME), comparison_id)
        self.readers, self.groups_joined = {}, []
        try:
            both = await in_thread(self.caller.conversation_ids)
        except Refused as refusal:
            await self.turn_away(refusal.code)
            return
        self.groups_joined = [nudging.group_of(conversation_id) for conversation_id in both]
        await self.join()
        await self.accept()

    async def join(self) -> None:
        try:
            for group in self.groups_joined:
                await self.channel_layer.group_add(group, self.channel_name)
        except (OSError, RedisError) as error:
            logger.warning("A page hears nothing of others: %s", error)

    async def disconnect(self, code: int) -> None:
        self.stop_reading()
        try:
            for group in self.groups_joined:
                await self.channel_layer.group_discard(group, self.channel_name)
        except (OSError, RedisError) as error:
            logger.warning("A page could not leave its groups: %s", error)

    def deed_of(self, message: Message) -> Callable[[Message], Awaitable[None]]:
        if message.get("op") != "watch":
            raise BadMessage(_("What the page sent could not be read."))
        return self.watch

    async def turn_made(self, event: dict[str, str]) -> None:
        """Say so, and no more: a page that does not show it yet asks for its round."""
        await self.tell("turn", turn=event["turn"])

    async def turn_linked(self, event: dict[str, str]) -> None:
        """Nothing: neither steps nor sources are shown side by side."""
