"""The trace of a turn, and the application's own trace of it, stay as long as the conversation."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from chat.models import Turn
from traces.keeping import keeps


@keeps
def of_a_turn() -> Exists:
    return Exists(Turn.objects.filter(trace=OuterRef("pk")))


@keeps
def own_of_a_turn() -> Exists:
    return Exists(Turn.objects.exclude(own_trace_id="").filter(own_trace_id=OuterRef("pk")))
