"""The traces of conversations stay, whatever their age."""

from __future__ import annotations

import pytest

from chat.models import Turn
from traces.models import Trace
from traces.retention import apply

pytestmark = pytest.mark.django_db


def test_both_traces_of_a_turn_stay(make_turn, claims):
    old = "2020-01-01T00:00:00Z"
    traces = [
        Trace.objects.create(trace_id=f"tr-{n:032x}", experiment=claims, request_time=old, created_at=old)
        for n in range(3)
    ]
    turn = make_turn()
    Turn.objects.filter(pk=turn.pk).update(trace=traces[0], own_trace_id=traces[1].pk)
    claims.keep_days = 30

    assert apply(claims) == {"age": 1}
    assert set(Trace.objects.values_list("pk", flat=True)) >= {traces[0].pk, traces[1].pk}

    claims.deletes_needed = claims.deletes_assessed = True
    Turn.objects.filter(pk=turn.pk).update(link=Turn.Link.FOUND)
    apply(claims)
    turn.refresh_from_db()
    assert (turn.trace, turn.own_trace_id, turn.link) == (None, "", Turn.Link.NONE)
    assert turn.message
