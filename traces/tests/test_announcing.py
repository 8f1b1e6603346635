"""traces.announcing: other rooms hear of what is stored, once it is."""

from __future__ import annotations

import pytest
from django.db import transaction

from traces import announcing
from traces.announcing import Arrival, on_arrival
from traces.ingest.incoming import IncomingSpan
from traces.ingest.storing import store_spans
from traces.models import Experiment, Trace

START = 1_744_360_000_000_000_000


@pytest.fixture
def heard(monkeypatch) -> list[Arrival]:
    """What a listener hears; it is there for this test only."""
    monkeypatch.setattr(announcing, "ARRIVAL_LISTENERS", [])
    arrivals: list[Arrival] = []

    @on_arrival
    def hear(arrived) -> None:
        assert not transaction.get_connection().in_atomic_block
        assert Trace.objects.filter(pk__in=[each.trace_id for each in arrived]).count() == len(arrived)
        arrivals.extend(arrived)

    return arrivals


def span(trace_id: str, span_id: str, session: str = "") -> IncomingSpan:
    attributes = {"mlflow.spanType": "AGENT", "session.id": session}
    return IncomingSpan(trace_id * 32, span_id * 16, START, START + 1, attributes=attributes)


@pytest.mark.django_db(transaction=True)
def test_listeners_hear_of_each_trace_once_a_batch_is_committed_and_of_its_session(heard):
    store_spans(Experiment.objects.get(pk=0), [span("1", "a"), span("1", "b", "s-1"), span("2", "a")])

    assert sorted(heard, key=lambda each: each.trace_id) == [
        Arrival(f"tr-{'1' * 32}", "s-1"),
        Arrival(f"tr-{'2' * 32}", ""),
    ]


@pytest.mark.django_db(transaction=True)
def test_nobody_hears_of_what_was_not_kept(heard):
    with pytest.raises(RuntimeError), transaction.atomic():
        store_spans(Experiment.objects.get(pk=0), [span("1", "a")])
        raise RuntimeError

    assert heard == []
