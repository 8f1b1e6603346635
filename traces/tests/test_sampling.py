from __future__ import annotations

import pytest
from django.utils import timezone

from traces.models import Experiment, Trace
from traces.sampling import sample_of


@pytest.fixture
def hundred(db):
    experiment = Experiment.objects.create(name="claims")
    Trace.objects.bulk_create(
        Trace(trace_id=f"tr-{n:032x}", experiment=experiment, request_time=timezone.now(), tags={"odd": str(n % 2)})
        for n in range(100)
    )
    return Trace.objects.all()


def ids(traces) -> list[str]:
    return [trace.pk for trace in traces]


def test_the_same_seed_draws_the_same_traces(hundred):
    assert ids(sample_of(hundred, 10, seed=7)) == ids(sample_of(hundred.order_by("trace_id"), 10, seed=7))
    assert ids(sample_of(hundred, 10, seed=7)) != ids(sample_of(hundred, 10, seed=8))


def test_a_larger_sample_holds_the_smaller_one(hundred):
    assert ids(sample_of(hundred, 20, seed=7))[:10] == ids(sample_of(hundred, 10, seed=7))


def test_it_draws_each_once_and_only_what_is_there(hundred):
    assert len(set(ids(sample_of(hundred, 500, seed=1)))) == 100
    assert sample_of(hundred.none(), 5, seed=1) == []


def test_every_trace_has_about_the_same_chance(hundred):
    drawn = [trace_id for seed in range(200) for trace_id in ids(sample_of(hundred, 10, seed=seed))]
    counts = [drawn.count(trace_id) for trace_id in set(drawn)]
    assert len(counts) == 100  # each came at least once of about 20 times
    assert max(counts) < 40


def test_it_takes_two_queries(hundred, django_assert_num_queries):
    with django_assert_num_queries(2):
        sample_of(hundred, 10, seed=7)
