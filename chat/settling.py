"""What waits for a turn to be recorded: the verdict of a round, and the place in a labeling session."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from chat.batching import deliver
from chat.comparing import settle
from chat.models import Round, Turn
from traces.announcing import Arrival, on_arrival


@on_arrival
def settle_recorded(arrivals: Sequence[Arrival]) -> None:
    """Do for recorded turns what could not be done before. Queries: 2 where there is nothing to do."""
    ids = [arrival.trace_id for arrival in arrivals]
    for round_ in Round.objects.filter(Q(first_turn__trace__in=ids) | Q(second_turn__trace__in=ids)):
        settle(round_)
    for turn in Turn.objects.filter(trace__in=ids).exclude(batch_question=None).select_related("trace"):
        deliver(turn)
