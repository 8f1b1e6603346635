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
    waiting = waiting_for([arrival.trace_id for arrival in arrivals])
    if not waiting:
        return
    turns = list(Turn.objects.filter(pk__in=waiting).select_related("trace"))
    for round_ in Round.objects.filter(Q(first_turn__in=turns) | Q(second_turn__in=turns)):
        settle(round_)
    for turn in turns:
        deliver(turn)


WAITS = """
    (EXISTS (SELECT 1 FROM chat_round r WHERE r.first_turn_id = t.id)
    OR EXISTS (SELECT 1 FROM chat_round r WHERE r.second_turn_id = t.id)
    OR EXISTS (SELECT 1 FROM chat_batchquestion b WHERE b.turn_id = t.id))
"""


def waiting_for(trace_ids: list[str]) -> list[Any]:
    """Return the ids of turns that these traces are of, and that something waits for.

    Written by hand, as whoever sends traces waits for it, and so does whoever is answered.
    """
    found = fetch(
        f"""
        SELECT t.id FROM chat_turn t WHERE t.trace_id {among("ids")} AND {WAITS}
        UNION SELECT t.id FROM chat_turn t
            WHERE t.own_trace_id <> '' AND t.own_trace_id {among("ids")} AND t.link = 'found' AND {WAITS}
        """,  # noqa: S608 - nothing in it is anybody's
        ids=trace_ids,
    )
    return [pk for (pk,) in found]
