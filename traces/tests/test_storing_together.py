"""traces.ingest.together: senders that wait for the database are stored in one go, and each hears of its own."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError

from traces import announcing
from traces.announcing import Arrival, on_arrival
from traces.ingest.admission import WRITES_SQLITE
from traces.ingest.incoming import IncomingSpan
from traces.ingest.together import Delivery, Together, store_all
from traces.models import Experiment, Span

START = 1_744_360_000_000_000_000

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.about_sqlite,  # PostgreSQL's writers do not wait for each other
]


@pytest.fixture
def heard(monkeypatch) -> list[list[Arrival]]:
    monkeypatch.setattr(announcing, "ARRIVAL_LISTENERS", [])
    arrivals: list[list[Arrival]] = []
    on_arrival(lambda arrived: arrivals.append([*arrived]))
    return arrivals


def delivery(trace: int, *, experiment: int = 0, start: int = START) -> Delivery:
    span = IncomingSpan(f"{trace:032x}", "a" * 16, start, start + 1, name="call")
    return Delivery(Experiment.objects.get(pk=experiment), [span], Counter())


def test_what_waits_is_stored_in_one_transaction(heard):
    alone, several = delivery(1), [delivery(2), delivery(3), delivery(4)]
    store_all([alone])
    store_all(several)

    for each in [alone, *several]:
        each.outcome()
    assert Span.objects.count() == 4
    assert [len(each) for each in heard] == [1, 3]


def test_each_stays_in_its_experiment(heard):
    other = Experiment.objects.create(name="other")
    store_all([delivery(1), delivery(2, experiment=other.pk), delivery(3)])

    assert {*Span.objects.filter(trace__experiment=other).values_list("trace_id", flat=True)} == {f"tr-{2:032x}"}
    assert Span.objects.count() == 3


def test_nobody_fails_for_anothers_fault(heard):
    good, bad, good_too = delivery(1), delivery(2, start=2**70), delivery(3)
    store_all([good, bad, good_too])

    good.outcome()
    good_too.outcome()
    with pytest.raises(OverflowError):
        bad.outcome()
    assert {*Span.objects.values_list("trace_id", flat=True)} == {f"tr-{n:032x}" for n in (1, 3)}


def test_one_whose_turn_does_not_come_is_taken_back(heard):
    together = Together()
    with WRITES_SQLITE, pytest.raises(OperationalError):
        in_a_thread(lambda: together.store(delivery(1), 0))

    assert together.taken() == []
    assert not Span.objects.exists()


def test_one_that_another_took_is_answered_by_what_became_of_it(heard):
    together, mine = Together(), delivery(1)
    with WRITES_SQLITE:
        waits = threading.Thread(target=together.store, args=(mine, 20))
        waits.start()
        while not (taken := together.taken()):
            pass
        store_all(taken)
    waits.join(timeout=20)

    assert not waits.is_alive()
    assert Span.objects.get().trace_id == f"tr-{1:032x}"


def in_a_thread(work) -> None:
    """Do it in another thread, and raise what it raises."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result(timeout=20)
