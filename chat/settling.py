"""What waits for a turn to be recorded: the verdict of a round, and the place in a labeling session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from chat.batching import deliver
from chat.comparing import settle
from chat.models import Round, Turn
from reviewapp.lib.columns import among, fetch
from traces.announcing import Arrival, on_arrival


@on_arrival
def settle_recorded(arrivals: Sequence[Arrival]) -> None:
    """Do for turns whose trace is here now what could not be done before. Queries: 1 where there is nothing to do."""
    here = turns_of([arrival.trace_id for arrival in arrivals])
    if not here:
        return
    waits = Q(round_as_first__isnull=False) | Q(round_as_second__isnull=False) | Q(batch_question__isnull=False)
    turns = list(Turn.objects.filter(waits, pk__in=here).select_related("trace"))
    for round_ in Round.objects.filter(Q(first_turn__in=turns) | Q(second_turn__in=turns)):
        settle(round_)
    for turn in turns:
        deliver(turn)


def turns_of(trace_ids: list[str]) -> list[Any]:
    """Return the ids of turns that these traces are of. Written by hand, as whoever sends traces waits for it."""
    found = fetch(
        f"""
        SELECT id FROM chat_turn WHERE trace_id {among("ids")}
        UNION SELECT id FROM chat_turn WHERE own_trace_id <> '' AND own_trace_id {among("ids")} AND link = 'found'
        """,  # noqa: S608 - nothing in it is anybody's
        ids=trace_ids,
    )
    return [pk for (pk,) in found]
