"""What an endpoint is asked: the branch up to the turn, as the person saw it, and their message."""

from __future__ import annotations

from chat import tracing
from chat.answering import Prompt, PromptMessage
from chat.branches import Tree
from chat.models import Turn

EARLIER = ("message", "images", "text", "refusal")


def prompt_of(turn: Turn) -> Prompt:
    """Return the prompt for a turn that is to be answered. Two queries where something came before."""
    asked = PromptMessage("user", turn.message, tuple(turn.images))
    return Prompt(
        messages=joined([*earlier_of(turn), asked]),
        conversation_id=str(turn.conversation_id),
        turn_id=str(turn.pk),
        user_id=str(turn.conversation.user_id),
        traceparent=tracing.traceparent_of(turn) if turn.conversation.endpoint.sends_traceparent else "",
    )


def earlier_of(turn: Turn) -> list[PromptMessage]:
    if turn.parent_id is None:
        return []
    path = Tree(turn.conversation).path_to(turn.parent_id)
    turns = Turn.objects.only(*EARLIER).in_bulk(path)
    messages = []
    for pk in path:
        earlier = turns[pk]
        messages.append(PromptMessage("user", earlier.message, tuple(earlier.images)))
        if said := earlier.text or earlier.refusal:
            messages.append(PromptMessage("assistant", said))
    return messages


def joined(messages: list[PromptMessage]) -> list[PromptMessage]:
    """Make one message of two that a person sent in a row, as after a failure: many models take turns strictly."""
    told: list[PromptMessage] = []
    for message in messages:
        if told and told[-1].role == message.role:
            before = told.pop()
            message = PromptMessage(message.role, f"{before.text}\n\n{message.text}", before.images + message.images)
        told.append(message)
    return told
