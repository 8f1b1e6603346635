"""Who is at the other end of a socket, looked up anew for each message: sessions end, and rights are taken back."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import auth
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from chat import running, statements, turns
from chat.access import get_conversation_for, get_own_conversation_for
from chat.drawing import Article, article_of
from chat.models import Conversation, Turn
from chat.statements import find_turn_in

SESSIONS = import_module(settings.SESSION_ENGINE)
Message = dict[str, Any]

# Close codes, as HTTP's with 4000 added.
NOBODY = 4401
NOT_ALLOWED = 4403
NOT_FOUND = 4404


class Refused(Exception):  # noqa: N818 - no error, an answer
    """The socket is to be closed, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class BadMessage(ValueError):
    """What came can't be understood; says so in words."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One person's socket at one conversation. Every method asks the database, and raises Refused."""

    session_key: str | None
    conversation_id: UUID

    def user(self) -> User:
        request = HttpRequest()
        request.session = SESSIONS.SessionStore(self.session_key)
        user = auth.get_user(request)
        if not isinstance(user, User):
            raise Refused(NOBODY)
        return user

    def conversation(self, user: User | None = None) -> Conversation:
        """Return the conversation, to be read."""
        try:
            return get_conversation_for(user or self.user(), self.conversation_id)
        except Http404:
            raise Refused(NOT_FOUND) from None

    def own_conversation(self) -> Conversation:
        """Return the conversation, to go on with."""
        try:
            return get_own_conversation_for(self.user(), self.conversation_id)
        except Http404:
            raise Refused(NOT_FOUND) from None
        except PermissionDenied:
            raise Refused(NOT_ALLOWED) from None

    def open(self) -> None:
        turns.settle_lost(self.conversation().turns.filter(state=Turn.State.RUNNING))

    def turn(self, turn_id: UUID) -> Turn:
        return turn_in(self.conversation(), turn_id)

    def article(self, turn_id: UUID) -> Article:
        user = self.user()
        return article_of(turn_in(self.conversation(user), turn_id), user)

    def begin(self, message: Message) -> tuple[Turn, running.Job | None]:
        """Add what is asked, and claim it for this process; no job where that was done before."""
        verb = {"ask": self.ask, "again": self.again, "edit": self.edit}[message["op"]]
        with transaction.atomic():
            turn = verb(message)
            return turn, running.job_of(turn) if statements.claim(turn.pk) else None

    def ask(self, message: Message) -> Turn:
        conversation = self.own_conversation()
        parent = turn_in(conversation, id_in(message, "parent")) if message.get("parent") else None
        return turns.ask(
            conversation,
            turn_id=id_in(message, "turn"),
            message=text_in(message, "message"),
            images=texts_in(message, "images"),
            parent=parent,
        )

    def again(self, message: Message) -> Turn:
        turn = turn_in(self.own_conversation(), id_in(message, "of"))
        return turns.again(turn, turn_id=id_in(message, "turn"))

    def edit(self, message: Message) -> Turn:
        turn = turn_in(self.own_conversation(), id_in(message, "of"))
        return turns.edit(turn, turn_id=id_in(message, "turn"), message=text_in(message, "message"))

    def stop(self, message: Message) -> None:
        turns.ask_to_stop(turn_in(self.own_conversation(), id_in(message, "turn")))


def turn_in(conversation: Conversation, turn_id: UUID) -> Turn:
    """Return a turn of the conversation. Raises: BadMessage."""
    turn = find_turn_in(conversation, turn_id)
    if turn is None:
        raise BadMessage(_("There is no such message in this conversation."))
    return turn


def id_in(message: Message, key: str) -> UUID:
    try:
        return UUID(text_in(message, key))
    except ValueError:
        raise BadMessage(_("What the page sent could not be read.")) from None


def text_in(message: Message, key: str) -> str:
    value = message.get(key)
    if not isinstance(value, str):
        raise BadMessage(_("What the page sent could not be read."))
    return value


def texts_in(message: Message, key: str) -> list[str]:
    values = message.get(key) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadMessage(_("What the page sent could not be read."))
    return values


def number_in(message: Message, key: str) -> int:
    value = message.get(key, 0)
    if not isinstance(value, int) or not 0 <= value < 2**31:
        raise BadMessage(_("What the page sent could not be read."))
    return value
