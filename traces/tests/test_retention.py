"""What goes by age and by number, and what stays."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Exists, OuterRef
from django.utils import timezone

from traces import keeping, retention
from traces.counting import tallies
from traces.keeping import Need
from traces.models import Assessment, DailyCount, Experiment, Span, Trace
from traces.retention import Plan, apply, plan_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def claims(db) -> Experiment:
    return Experiment.objects.create(name="claims")


@pytest.fixture
def make_trace(claims):
    """Return a function: store a trace that ran, and arrived, so many days ago."""

    def make(number: int, *, days: float, arrived: float | None = None, box: Experiment = claims) -> Trace:
        now = timezone.now()
        trace = Trace.objects.create(
            trace_id=f"tr-{number:032x}", experiment=box, request_time=now - timedelta(days=days),
            created_at=now - timedelta(days=days if arrived is None else arrived),
        )  # fmt: skip
        Span.objects.create(trace=trace, span_id=f"{number:016x}", start_time_ns=1)
        return trace

    return make


def assess(trace: Trace) -> None:
    Assessment.objects.create(trace=trace, kind="feedback", name="ok", value=True, source_type="CODE", source_id="x")


def left() -> set[int]:
    return {int(pk.removeprefix("tr-"), 16) for pk in Trace.objects.values_list("pk", flat=True)}


def test_what_is_older_than_kept_goes_with_its_spans(claims, make_trace):
    make_trace(1, days=31)
    make_trace(2, days=29)
    claims.keep_days = 30

    assert plan_of(claims) == Plan(by_age=1)
    assert apply(claims) == {"age": 1}
    assert left() == {2}
    assert Span.objects.count() == 1


def test_an_import_of_old_traces_lives_its_time(claims, make_trace):
    make_trace(1, days=400, arrived=1)
    claims.keep_days = 30
    assert not apply(claims)


def test_the_newest_stay_by_number(claims, make_trace):
    for number in range(1, 8):
        make_trace(number, days=10 - number)
    claims.keep_traces = 3
    assert plan_of(claims) == Plan(by_number=4)
    assert apply(claims) == {"number": 4}
    assert left() == {5, 6, 7}


def test_traces_of_one_moment_are_told_apart(claims):
    now = timezone.now()
    for number in range(5):
        Trace.objects.create(trace_id=f"tr-{number:032x}", experiment=claims, request_time=now)
    claims.keep_traces = 2
    apply(claims)
    assert left() == {3, 4}


def test_age_and_number_are_counted_once(claims, make_trace):
    for number in range(1, 7):
        make_trace(number, days=40 - number * 5)
    claims.keep_days, claims.keep_traces = 22, 2
    assert plan_of(claims) == Plan(by_age=3, by_number=1)
    assert apply(claims) == {"age": 3, "number": 1}


def test_assessed_traces_stay_unless_told(claims, make_trace):
    assess(make_trace(1, days=31))
    make_trace(2, days=31)
    claims.keep_days = 30

    assert plan_of(claims) == Plan(by_age=1, stays=1)
    apply(claims)
    assert left() == {1}

    claims.deletes_assessed = True
    apply(claims)
    assert left() == set()
    assert not Assessment.objects.exists()


def test_a_trace_that_is_assessed_meanwhile_stays(claims, make_trace, monkeypatch):
    traces = [make_trace(number, days=31) for number in range(3)]
    claims.keep_days = 30
    looked = []
    unassessed = retention._without_needed

    def assess_between(experiment):
        looked.append(None)
        if len(looked) == 2:  # after the batch was held
            assess(traces[1])
        return unassessed(experiment)

    monkeypatch.setattr(retention, "_without_needed", assess_between)
    apply(claims)
    assert left() == {1}


def test_other_experiments_are_left_alone(claims, make_trace):
    other = Experiment.objects.create(name="other")
    make_trace(1, days=31, box=other)
    claims.keep_days = 1
    assert not apply(claims)
    assert plan_of(other) == Plan()


def test_it_goes_in_batches_and_stops_when_told(claims, make_trace, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(7):
        make_trace(number, days=31 + number)
    claims.keep_days = 30
    turns = iter([True, True, False, False])

    assert apply(claims, go_on=lambda: next(turns)) == {"age": 4}
    assert left() == {0, 1, 2}
    assert apply(claims) == {"age": 3}


def test_what_was_deleted_is_counted(claims, make_trace):
    make_trace(1, days=31)
    claims.keep_days = 30
    apply(claims)
    counted = tallies(claims, DailyCount.Deed.DELETED)
    assert (counted["age"].lately, counted["age"].ever) == (1, 1)


def test_the_worker_does_it(claims, make_trace):
    make_trace(1, days=31)
    make_trace(2, days=1)
    Experiment.objects.filter(pk=claims.pk).update(keep_days=30)
    retention.apply_for_a_while()
    assert left() == {2}


@pytest.mark.parametrize(
    ("options", "said", "stay"),
    [
        (["--dry-run"], "claims: 1 by age and 0 by number would go; 0 are due but stay.\n", {1, 2}),
        ([], "claims: 1 by age and 0 by number are deleted.\n", {2}),
    ],
)  # fmt: skip
def test_the_command_deletes_or_only_says(claims, make_trace, options, said, stay):
    make_trace(1, days=31)
    make_trace(2, days=1)
    Experiment.objects.filter(pk=claims.pk).update(keep_days=30)
    out = StringIO()
    call_command("apply_retention", *options, stdout=out)
    assert out.getvalue() == said
    assert left() == stay


def test_without_other_rooms_nothing_is_needed(claims, make_trace, monkeypatch):
    monkeypatch.setattr(keeping, "NEEDS", [])
    make_trace(1, days=31)
    claims.keep_days = 30
    assert apply(claims) == {"age": 1}


def test_what_another_room_needs_stays_unless_told_and_that_room_lets_go_first(claims, make_trace, monkeypatch):
    kept = make_trace(1, days=31)
    make_trace(2, days=31)
    let_go: list[tuple[list[str], int]] = []

    def is_kept() -> Exists:
        return Exists(Trace.objects.filter(pk=kept.pk).filter(pk=OuterRef("pk")))

    need = Need(is_kept, let_go=lambda ids: let_go.append((sorted(ids), Trace.objects.count())))
    monkeypatch.setattr(keeping, "NEEDS", [need])
    claims.keep_days = 30

    assert plan_of(claims) == Plan(by_age=1, stays=1)
    apply(claims)
    assert (left(), let_go) == ({1}, [])

    claims.deletes_needed = True
    assert plan_of(claims) == Plan(by_age=1)
    apply(claims)
    assert (left(), let_go[0]) == (set(), ([kept.pk], 1))
