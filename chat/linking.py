"""Finding the application's own trace of a turn. From the surest to the least sure:

1. the endpoint names it, in its answer or in a header: `Turn.own_trace_id`
2. its spans come under the `traceparent` that we sent, and join the turn's trace
3. it names our conversation as its session, and began while the turn ran

Whatever comes later than the answer, or never, is waited for without asking: `arrived` hears of each trace
that is stored. What was said about the turn is copied to the trace that was found.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat import copying, statements
from chat.models import Turn
from chat.turn_spans import SCOPE, trace_id_of
from reviewapp.lib.columns import among, fetch
from traces.announcing import Arrival, on_arrival
from traces.models import Trace

PATIENCE = timedelta(minutes=10)  # then a trace that did not come counts as never sent
SKEW = timedelta(seconds=2)  # between our clock and the application's, where only time tells turns apart
MOST_SKEW = timedelta(minutes=5)  # where the trace is named, and its time is only made sure of
TRACE_ID = re.compile(r"(?:tr-)?([0-9a-f]{32})", re.IGNORECASE)
TRACE_RESPONSE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}", re.IGNORECASE)
Link = Turn.Link
RECORDED: ContextVar[Turn | None] = ContextVar("recorded", default=None)


def normal_id(said: str) -> str:
    """Return a trace id as traces here are called; one of the application's own making as it is.

    Takes 32 hex digits, with or without `tr-`, and W3C's `traceresponse`.
    """
    said = said.strip()
    match = TRACE_ID.fullmatch(said) or TRACE_RESPONSE.fullmatch(said)
    return f"tr-{match[1].lower()}" if match else said[:250]


def link_of(turn: Turn) -> Link:
    """Return how the turn's link stands now: one that waited too long counts as missing, though it may still come."""
    if turn.link == Link.WAITING and timezone.now() - turn.started_at > PATIENCE:
        return Link.MISSING
    return Link(turn.link)


def words_for_link(turn: Turn) -> str:
    """Say where the judgements on a turn are kept."""
    return {
        Link.NONE: _("Your judgements are saved with our record of this answer."),
        Link.WAITING: _("Your judgements are saved here. They go to the application’s own trace as soon as it comes."),
        Link.JOINED: _("Your judgements are saved on this answer’s trace."),
        Link.FOUND: _("Your judgements are saved on this answer’s trace."),
        Link.MISSING: _("Your judgements are saved here. The application’s own trace never came."),
    }[link_of(turn)]


def own_trace_of(turn: Turn) -> Trace | None:
    """Return the application's own trace where it is another one than our record, and is here."""
    return Trace.objects.filter(pk=turn.own_trace_id).first() if turn.link == Link.FOUND else None


def settle(turn: Turn) -> None:
    """Find what there is of the application's trace already. To be called once its record is stored, in a transaction.

    Queries: 1 or 2, and 1 to write.
    """
    turn.own_trace_id = normal_id(turn.own_trace_id)
    if turn.own_trace_id and turn.own_trace_id != turn.trace_id:
        named = Trace.objects.filter(pk=turn.own_trace_id).first()
        link = Link.FOUND if named and may_be_of(turn, named) else Link.WAITING
    elif has_joined(turn):
        link = Link.JOINED
    elif found := found_by_session([turn]).get(turn.pk):
        turn.own_trace_id, link = found, Link.FOUND
    else:
        is_promised = bool(turn.own_trace_id) or turn.conversation.endpoint.sends_traceparent
        link = Link.WAITING if is_promised else Link.NONE
    write(turn, link)


def has_joined(turn: Turn) -> bool:
    """Whether the turn's trace holds spans that are not ours."""
    return turn.trace_id is not None and statements.has_spans_besides(turn.trace_id, SCOPE)


def write(turn: Turn, link: Link) -> None:
    turn.link = link
    statements.write_link(turn)
    if link == Link.FOUND:
        copying.copy_all_said(turn)


@contextmanager
def recording(turn: Turn) -> Iterator[None]:
    """Our own record of a turn is being written, which no turn waits for; `settle` has looked for the application's."""
    token = RECORDED.set(turn)
    try:
        yield
    finally:
        RECORDED.reset(token)


@on_arrival
def arrived(arrivals: Sequence[Arrival]) -> None:
    """Link turns with the traces they wait for. Queries: 1 where none of these is waited for."""
    recorded = RECORDED.get()
    if recorded is not None and all(each.trace_id == recorded.trace_id for each in arrivals):
        return
    waiting = waiting_for(arrivals)
    if not waiting:
        return
    with transaction.atomic():
        turns = Turn.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=waiting).order_by("pk")
        link_all(list(turns.select_related("conversation__endpoint")), {each.trace_id for each in arrivals})


def waiting_for(arrivals: Sequence[Arrival]) -> list[uuid.UUID]:
    """Return the ids of turns that these traces may belong to. Written by hand, as whoever sends traces waits for it.

    Each part of the union has an index of its own.
    """
    ids = [each.trace_id for each in arrivals]
    found = fetch(
        f"""
        SELECT id FROM chat_turn WHERE id {among("ours")} AND link = 'waiting' AND state <> 'running'
        UNION SELECT id FROM chat_turn
        WHERE own_trace_id <> '' AND own_trace_id {among("ids")} AND link = 'waiting' AND state <> 'running'
        UNION SELECT id FROM chat_turn
        WHERE conversation_id {among("sessions")} AND link IN ('', 'waiting') AND own_trace_id = ''
        AND state <> 'running'
        """,  # noqa: S608 - nothing in it is anybody's
        ids=ids,
        ours=[uuid.UUID(match[1]) for each in ids if (match := TRACE_ID.fullmatch(each))],
        sessions=list({session for each in arrivals if (session := as_uuid(each.session_id))}),
    )
    return [pk if isinstance(pk, uuid.UUID) else uuid.UUID(pk) for (pk,) in found]


def as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def link_all(turns: list[Turn], came: set[str]) -> None:
    """Link locked turns, each with the trace of `came` that is its own."""
    named = Trace.objects.in_bulk([turn.own_trace_id for turn in turns if turn.own_trace_id in came])
    by_session = found_by_session([turn for turn in turns if not turn.own_trace_id])
    for turn in turns:
        if turn.trace_id in came and turn.own_trace_id in {"", turn.trace_id} and has_joined(turn):
            write(turn, Link.JOINED)
        elif turn.own_trace_id in named and may_be_of(turn, named[turn.own_trace_id]):
            write(turn, Link.FOUND)
        elif turn.pk in by_session:
            turn.own_trace_id = by_session[turn.pk]
            write(turn, Link.FOUND)


def may_be_of(turn: Turn, trace: Trace) -> bool:
    """Whether a trace that the endpoint named was made while the turn ran: nobody can name what was there before."""
    return turn.started_at - MOST_SKEW <= trace.request_time <= end_of(turn) + MOST_SKEW


def end_of(turn: Turn) -> datetime:
    return turn.ended_at or turn.heartbeat_at


def found_by_session(turns: Sequence[Turn]) -> dict[uuid.UUID, str]:
    """Return, by turn, the id of the trace that names the conversation as its session and began while the turn ran.

    One trace for each turn, in the order of both. Queries: 1 a conversation; 1 more where such traces are.
    """
    sessions = sorted({str(turn.conversation_id) for turn in turns})
    records = {turn.trace_id for turn in turns}
    named = [trace for session in sessions for trace in statements.find_traces_of_session(session)]
    traces = [trace for trace in named if trace.pk not in records]
    if not traces:
        return {}
    talks = Turn.objects.filter(conversation__in={trace.session_id for trace in traces})
    taken = {each for own, pk in talks.values_list("own_trace_id", "pk") for each in (own, f"tr-{pk.hex}")}
    open_turns = sorted(turns, key=lambda turn: (turn.started_at, turn.pk))
    found: dict[uuid.UUID, str] = {}
    for trace in traces:
        free = [t for t in open_turns if str(t.conversation_id) == trace.session_id and t.pk not in found]
        if trace.pk not in taken and (turn := turn_at(trace.request_time, free)):
            found[turn.pk] = trace.pk
    return found


def turn_at(began: datetime, turns: list[Turn]) -> Turn | None:
    """Return the turn that ran at that time, the earliest of several; by a clock that is off, the nearest."""
    exact = [turn for turn in turns if turn.started_at <= began <= end_of(turn)]
    near = [turn for turn in turns if turn.started_at - SKEW <= began <= end_of(turn) + SKEW]
    return next(iter(exact), None) or min(near, key=lambda turn: abs(turn.started_at - began), default=None)


def other_id_of(turn: Turn) -> str:
    """Return 32 hex digits for a record that can't have the turn's own id: always the same."""
    return uuid.uuid5(turn.pk, trace_id_of(turn)).hex
