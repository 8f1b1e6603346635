"""What the chat page shows: the branch of a conversation, turn by turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import User
from chat.access import endpoints_for
from chat.models import Conversation, Turn
from chat.showing import answer_of
from chat.turns import Shown, branch_of
from chat.wording import Words, words_for
from traces.reading.conversation import Message


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message and the answer to it, as chat/_turn.html draws them."""

    shown: Shown
    answer: Message | None  # None while it runs
    words: Words | None  # where not all went well
    is_own: bool

    @property
    def turn(self) -> Turn:
        return self.shown.turn


def exchange_of(shown: Shown, user: User) -> Exchange:
    turn = shown.turn
    is_own = turn.conversation.user_id == user.pk
    if turn.is_running:
        return Exchange(shown, None, None, is_own)
    return Exchange(shown, answer_of(turn), words_for(turn), is_own)


def talk_of(conversation: Conversation, user: User) -> dict[str, Any]:
    """Return the context of chat/_turns.html."""
    exchanges = [exchange_of(shown, user) for shown in branch_of(conversation)]
    return {
        "conversation": conversation,
        "exchanges": exchanges,
        "last": exchanges[-1].turn if exchanges else None,
        "is_running": bool(exchanges) and exchanges[-1].turn.is_running,
        "is_own": conversation.user_id == user.pk,
        "may_talk": may_talk(user, conversation),
    }


def may_talk(user: User, conversation: Conversation) -> bool:
    """Whether the person may go on with it: it is theirs, and they still may chat with its endpoint."""
    return conversation.user_id == user.pk and endpoints_for(user).filter(pk=conversation.endpoint_id).exists()
