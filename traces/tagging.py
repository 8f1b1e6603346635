"""Tags on many traces at once."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from traces.models import Trace

AT_ONCE = 500  # traces of one transaction


def tag_traces(ids: Sequence[str], key: str, value: str) -> int:
    """Set a tag; return how many traces have it now."""
    n = 0
    for begin in range(0, len(ids), AT_ONCE):
        with transaction.atomic():
            some = Trace.objects.filter(pk__in=ids[begin : begin + AT_ONCE], deleted_at=None)
            traces = list(some.order_by("pk").select_for_update().only("tags"))
            for trace in traces:
                trace.tags = {**trace.tags, key: value}
            Trace.objects.bulk_update(traces, ["tags"])
            n += len(traces)
    return n
