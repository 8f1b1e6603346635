"""What people do with a conversation. Each verb is one transaction; `chat.running` answers what they ask.

A plain form calls `ask`, then `running.start_soon(turn.pk)`; a socket awaits `running.start`.
"""

from __future__ import annotations

import copy
import re
import secrets
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat import keeping, nudging, running, tracing
from chat.branches import Shown, Tree, branch_of, place_of
from chat.events import Event
from chat.folding import Answer
from chat.models import Conversation, Turn
from chat.protocols import takes_images
from chat.statements import add_turn, find_in_the_way, may_chat
from chat.titles import title_of
from traces.ingest.incoming import clean_text

__all__ = ["Shown", "again", "as_seen", "ask", "ask_to_stop", "branch_of", "edit", "place_of", "settle_lost", "show"]

MAX_MESSAGE_LENGTH = 200_000  # characters
MAX_IMAGES = 5
MAX_IMAGES_LENGTH = 10_000_000  # characters of their data: addresses, about 7 MB of images
MAX_RUNNING = 5  # in one conversation at the same time
IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}\Z")


class TurnRefused(ValueError):
    """It can't be done; the message says why, in words."""


class TurnTaken(TurnRefused):
    """The id is another turn's."""


def ask(
    conversation: Conversation, *, turn_id: UUID, message: str, images: Sequence[str] = (), parent: Turn | None
) -> Turn:
    """Add a message under `parent`, to be answered, and show it. The same id again returns the same turn.

    Raises: TurnRefused, TurnTaken.
    """
    there = find_in_the_way(conversation, turn_id)
    if made := already(conversation, turn_id, there):
        return made
    check_message(message, images)
    if images and not takes_images(conversation.endpoint.protocol, conversation.endpoint.options):
        raise TurnRefused(_("This application takes no images."))
    check_may_ask(conversation)
    check_is_not_busy(conversation, parent, there)
    try:
        return add(conversation, Turn(id=turn_id, parent=parent, message=clean_text(message), images=list(images)))
    except IntegrityError:  # sent twice at the same moment
        if made := already(conversation, turn_id, find_in_the_way(conversation, turn_id)):
            return made
        raise


def again(turn: Turn, *, turn_id: UUID) -> Turn:
    """Ask the same once more, as another version. Raises: TurnRefused, TurnTaken."""
    return ask(turn.conversation, turn_id=turn_id, message=turn.message, images=turn.images, parent=turn.parent)


def edit(turn: Turn, *, turn_id: UUID, message: str) -> Turn:
    """Ask something else in its place, as another version. Raises: TurnRefused, TurnTaken."""
    return ask(turn.conversation, turn_id=turn_id, message=message, images=turn.images, parent=turn.parent)


def already(conversation: Conversation, turn_id: UUID, there: Iterable[Turn]) -> Turn | None:
    turn = next((each for each in there if each.pk == turn_id), None)
    if turn and turn.conversation_id != conversation.pk:
        raise TurnTaken(_("This message was already sent elsewhere."))
    return turn


def check_message(message: str, images: Sequence[str]) -> None:
    if not message.strip() and not images:
        raise TurnRefused(_("Write a message first."))
    if len(message) > MAX_MESSAGE_LENGTH:
        raise TurnRefused(_("The message is longer than %(n)d characters.") % {"n": MAX_MESSAGE_LENGTH})
    if len(images) > MAX_IMAGES:
        raise TurnRefused(_("A message takes at most %(n)d images.") % {"n": MAX_IMAGES})
    if sum(map(len, images)) > MAX_IMAGES_LENGTH:
        raise TurnRefused(_("The images are too large: at most 7 MB together."))
    if not all(IMAGE.match(image) for image in images):
        raise TurnRefused(_("Only PNG, JPEG, GIF and WebP images can be sent."))


def check_may_ask(conversation: Conversation) -> None:
    """The right to chat may have been taken back since the conversation began."""
    if not may_chat(conversation.user, conversation.endpoint_id):
        raise TurnRefused(_("This application can’t be asked any more. What was said stays here."))


def check_is_not_busy(conversation: Conversation, parent: Turn | None, busy: Sequence[Turn]) -> None:
    if parent is not None and parent.conversation_id != conversation.pk:
        raise TurnRefused(_("That answer is of another conversation."))
    settled = settle_lost(busy)
    busy = [turn for turn in busy if turn not in settled]
    if parent in busy:
        raise TurnRefused(_("Wait for the answer, or stop it, before you go on."))
    if len(busy) >= MAX_RUNNING:
        raise TurnRefused(_("Several answers are still being written. Wait for one of them, or stop it."))


@transaction.atomic
def add(conversation: Conversation, turn: Turn) -> Turn:
    now = timezone.now()
    turn.conversation = conversation
    turn.endpoint_version = conversation.endpoint.version
    turn.started_at = turn.heartbeat_at = now
    turn.trace_span_id = secrets.token_hex(8)
    if turn.parent_id == conversation.leaf_id:  # what was typed went into it; another version leaves that alone
        conversation.draft = ""
    conversation.title = conversation.title or title_of(turn.message)
    conversation.leaf, conversation.updated_at = turn, now
    add_turn(turn)
    return turn


def ask_to_stop(turn: Turn) -> None:
    """Stop the answer, wherever it runs; what came so far is kept. Too late is no error."""
    Turn.objects.filter(pk=turn.pk, state=Turn.State.RUNNING).update(stop_asked_at=timezone.now())
    transaction.on_commit(lambda: nudging.tell_soon(turn.conversation_id, nudging.STOP, turn.pk))
    transaction.on_commit(lambda: running.stop_soon(turn.pk))


def show(turn: Turn) -> None:
    """Show the branch that goes through this version, to where it was last gone on with."""
    leaf = Tree(turn.conversation).newest_leaf(under=turn.pk)
    Conversation.objects.filter(pk=turn.conversation_id).update(leaf=leaf)


def settle_lost(turns: Iterable[Turn]) -> list[Turn]:
    """Make interrupted those turns that nobody runs any more, and return them. Never for a GET: `as_seen`."""
    settled = [done for turn in turns if is_lost(turn) and (done := keeping.settle(turn.pk))]
    for turn in settled:
        tracing.record(turn)
    return settled


def is_lost(turn: Turn) -> bool:
    return turn.is_running and turn.heartbeat_at < keeping.lost_before() and turn.pk not in running.runs


def as_seen(turn: Turn) -> Turn:
    """Return a turn with what it said so far, unsaved: a running one's row is empty. Interrupted, if it is lost."""
    if not turn.is_running:
        return turn
    events = said_so_far(turn)
    if not events and turn.pk not in running.runs:
        turn.refresh_from_db()  # it may have ended, and dropped its chunks, since it was looked up
        if not turn.is_running:
            return turn
    seen, answer = copy.copy(turn), Answer(events)
    answer.write_to(seen)
    if is_lost(turn):
        seen.state, seen.ended_at = answer.state, turn.heartbeat_at
    return seen


def said_so_far(turn: Turn) -> list[Event]:
    run = running.runs.get(turn.pk)
    return list(run.log.events) if run else keeping.events_after(turn.pk)
