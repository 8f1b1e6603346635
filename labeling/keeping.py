"""A trace in a session stays as long as it is in it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from labeling.models import Item
from traces.keeping import keeps


@keeps
def in_a_session() -> Exists:
    return Exists(Item.objects.filter(trace=OuterRef("pk")))
