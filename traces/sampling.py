"""Draw traces at random, so that the same seed draws the same ones."""

from __future__ import annotations

import heapq
from hashlib import blake2b

from django.db.models import QuerySet

from traces.models import Trace


def sample_of(traces: QuerySet[Trace], n: int, *, seed: int) -> list[Trace]:
    """Return `n` of `traces` (fewer when there are fewer), each with the same chance, in the order drawn.

    Every trace has a lot of its own, made from the seed and its id, and the lowest lots win. So a larger
    sample of the same seed holds the smaller one, and a trace that arrives later takes at most one place.

    Queries: 1 over the ids, read in chunks; 1 for the traces drawn.
    """
    ids = traces.order_by().values_list("pk", flat=True)
    drawn = heapq.nsmallest(n, ids.iterator(chunk_size=5_000), key=lambda trace_id: lot(seed, trace_id))
    found = Trace.objects.in_bulk(drawn)
    return [found[trace_id] for trace_id in drawn]


def lot(seed: int, trace_id: str) -> bytes:
    return blake2b(f"{seed}:{trace_id}".encode(), digest_size=16).digest()
