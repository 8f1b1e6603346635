"""The trace of a turn, and the application's own trace of it, stay as long as the conversation."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef

from chat.models import Turn
from traces.keeping import Need, keeps


def of_a_turn() -> Exists:
    return Exists(Turn.objects.filter(trace=OuterRef("pk")))


def own_of_a_turn() -> Exists:
    return Exists(Turn.objects.exclude(own_trace_id="").filter(own_trace_id=OuterRef("pk")))


def forget_own(ids: Sequence[str]) -> None:
    """Say of turns that there is our record alone; the turn's own text stays in any case."""
    Turn.objects.exclude(own_trace_id="").filter(own_trace_id__in=ids, link=Turn.Link.FOUND).update(
        own_trace_id="", link=Turn.Link.NONE
    )


keeps(Need(of_a_turn))
keeps(Need(own_of_a_turn, let_go=forget_own))
