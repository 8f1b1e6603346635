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
    """Do for turns whose trace is here now what could not be done before. Queries: 1 where there is nothing to do."""
    ids = [arrival.trace_id for arrival in arrivals]
    is_here = Q(trace__in=ids) | Q(own_trace_id__in=ids, link=Turn.Link.FOUND)
    waits = Q(round_as_first__isnull=False) | Q(round_as_second__isnull=False) | Q(batch_question__isnull=False)
    turns = list(Turn.objects.filter(is_here, waits).select_related("trace"))
    if not turns:
        return
    for round_ in Round.objects.filter(Q(first_turn__in=turns) | Q(second_turn__in=turns)):
        settle(round_)
    for turn in turns:
        deliver(turn)
