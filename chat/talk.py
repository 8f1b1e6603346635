"""What the chat page shows: the branch of a conversation, turn by turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import User
from chat.judged import Judging, judgings_of
from chat.models import Conversation, Turn
from chat.showing import answer_of, trace_id_shown
from chat.so_far import Drawn, drawn
from chat.statements import may_chat
from chat.tracing import trace_id_of
from chat.turns import Shown, as_seen, branch_of
from chat.wording import Words, words_for
from traces.reading.conversation import Message


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message and the answer to it, as chat/_turn.html draws them."""

    turn: Turn  # as it is seen now: chat.turns.as_seen
    shown: Shown
    answer: Message
    running: Drawn | None  # what it has said so far, while it runs
    words: Words | None  # where not all went well
    judging: Judging | None  # what is said about it, once it has ended
    is_own: bool
    reads_traces: bool
    runs_sessions: bool

    @property
    def says_something(self) -> bool:
        """Whether there is more than reasoning, which is folded elsewhere."""
        return any(part.kind != "reasoning" for part in self.answer.parts)

    @property
    def trace_id(self) -> str:
        """The trace that the answer's spans stand in, for the links to them."""
        return trace_id_shown(self.turn) or trace_id_of(self.turn)

    @property
    def linked_trace_id(self) -> str:
        """The same, for who may open it."""
        return trace_id_shown(self.turn) if self.reads_traces else ""


def exchange_of(shown: Shown, user: User) -> Exchange:
    return exchanges_of([shown], user)[0]


def exchanges_of(branch: list[Shown], user: User) -> list[Exchange]:
    """Return what the articles of a conversation's turns show. Queries: 2, and those of `answer_of`."""
    turns = [as_seen(shown.turn) for shown in branch]
    judgings = judgings_of([turn for turn in turns if not turn.is_running], user)
    return [
        Exchange(
            turn=turn,
            shown=shown,
            answer=answer_of(turn),
            running=drawn(turn) if turn.is_running else None,
            words=words_for(turn),
            judging=judgings.get(turn.pk),
            is_own=turn.conversation.user_id == user.pk,
            reads_traces=user.reads_traces,
            runs_sessions=user.runs_sessions,
        )
        for turn, shown in zip(turns, branch, strict=True)
    ]


def talk_of(conversation: Conversation, user: User) -> dict[str, Any]:
    """Return the context of chat/_turns.html."""
    branch = branch_of(conversation)
    for shown in branch:
        shown.turn.conversation = conversation
    exchanges = exchanges_of(branch, user)
    last = exchanges[-1].turn if exchanges else None
    return {
        "conversation": conversation,
        "exchanges": exchanges,
        "last": last,
        "is_running": last is not None and last.is_running,
        "is_answered": any(not exchange.turn.is_running for exchange in exchanges),
        "is_own": conversation.user_id == user.pk,
        "may_talk": may_talk(user, conversation),
    }


def may_talk(user: User, conversation: Conversation) -> bool:
    """Whether the person may go on with it: it is theirs, and they still may chat with its endpoint."""
    return conversation.user_id == user.pk and may_chat(user, conversation.endpoint_id)
