"""A run's side of the database. Each function is one transaction, and none is for a single token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from chat import statements
from chat.events import Event, Text, as_json, from_json
from chat.folding import Answer
from chat.models import Turn, TurnChunk

LOST_AFTER = timedelta(seconds=10)  # without a heartbeat; running turns have one each second
State = Turn.State


@dataclass(frozen=True, slots=True)
class Piece:
    """What a turn said since the last piece; `first` is the number of the first event."""

    turn_id: UUID
    first: int
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Rest:
    """What another process wrote of a turn since a cursor."""

    events: list[Event]
    is_over: bool  # the row says it all
    is_lost: bool  # nobody runs it any more


def claim(turn_id: UUID) -> Turn | None:
    """Take a turn to be run; None where somebody else did, or it is over.

    The claim is a chunk before the first event, of which there can be only one.
    """
    with transaction.atomic():
        return statements.find_to_be_run(turn_id) if statements.claim(turn_id) else None


def write(pieces: Sequence[Piece]) -> None:
    """Write what several turns said. A turn that was deleted meanwhile does not keep the others from it."""
    chunks = [chunk_of(piece) for piece in pieces]
    try:
        with transaction.atomic():
            TurnChunk.objects.bulk_create(chunks)
    except IntegrityError:
        there = set(Turn.objects.filter(pk__in=[piece.turn_id for piece in pieces]).values_list("pk", flat=True))
        TurnChunk.objects.bulk_create([chunk for chunk in chunks if chunk.turn_id in there], ignore_conflicts=True)


def chunk_of(piece: Piece) -> TurnChunk:
    last = piece.first + len(piece.events) - 1
    return TurnChunk(turn_id=piece.turn_id, first=piece.first, last=last, events=[kept(e) for e in piece.events])


def kept(event: Event) -> dict[str, object]:
    return {"kind": "text", "delta": event.delta} if type(event) is Text else as_json(event)


def beat(turn_ids: Iterable[UUID]) -> dict[UUID, bool]:
    """Say that these turns are alive. Return, of those that are still there, whether somebody asked for a stop."""
    running = Turn.objects.filter(pk__in=list(turn_ids))
    running.update(heartbeat_at=timezone.now())
    return {pk: asked_at is not None for pk, asked_at in running.values_list("pk", "stop_asked_at")}


def read_on(turn_id: UUID, cursor: int) -> Rest:
    """Return what a turn that runs elsewhere said after `cursor`."""
    events = events_after(turn_id, cursor)
    row = Turn.objects.filter(pk=turn_id).values_list("state", "heartbeat_at").first()
    is_over = row is None or row[0] != State.RUNNING
    return Rest(events, is_over, row is not None and not is_over and row[1] < lost_before())


def events_after(turn_id: UUID, cursor: int = 0) -> list[Event]:
    chunks = TurnChunk.objects.filter(turn=turn_id, last__gt=cursor).order_by("first")
    events = []
    for first, kept_events in chunks.values_list("first", "events"):
        events += [from_json(event) for event in kept_events[max(0, cursor + 1 - first) :]]
    return events


def finish(turn_id: UUID, answer: Answer) -> Turn | None:
    """Write what the turn came to, and drop its chunks; None where the turn is gone.

    Whoever ran it knows best, even if somebody took it for lost.
    """
    with transaction.atomic():
        turn = statements.find_to_be_run(turn_id, lock=True)
        return turn and save(turn, answer, timezone.now())


def settle(turn_id: UUID) -> Turn | None:
    """Make a lost turn an interrupted one, with what its chunks hold; None where it is not lost."""
    with transaction.atomic():
        turn = statements.find_to_be_run(turn_id, lock=True)
        if turn is None or not turn.is_running or turn.heartbeat_at >= lost_before():
            return None
        return save(turn, Answer(events_after(turn_id)), turn.heartbeat_at)


def save(turn: Turn, answer: Answer, ended_at: datetime) -> Turn:
    answer.write_to(turn)
    turn.state = answer.state
    turn.ended_at = ended_at
    statements.put_down(turn)
    return turn


def lost_before() -> datetime:
    return timezone.now() - LOST_AFTER
