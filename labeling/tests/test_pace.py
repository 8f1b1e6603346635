from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.models import LabelingSession
from labeling.pace import done_about, median_s
from labeling.tests.judging import judge


@pytest.fixture
def long(make_session, alice):
    return make_session(alice, items=20)


def opened_ago(session, ago: timedelta) -> LabelingSession:
    LabelingSession.objects.filter(pk=session.pk).update(opened_at=timezone.now() - ago)
    session.refresh_from_db()
    return session


def test_the_median_is_of_finished_reviews(long, alice):
    assert median_s(long) is None
    for seconds in (10, 50, 20):
        judge(long, alice, correct=True, active_s=seconds)

    assert median_s(long) == 20


def test_a_pace_says_when_it_will_be_done(long, alice):
    session = opened_ago(long, timedelta(days=2))
    for _ in range(10):
        judge(session, alice, correct=True)

    at = done_about(session, missing=10)

    assert abs(at - (timezone.now() + timedelta(days=2))) < timedelta(minutes=1)


def test_a_few_reviews_are_no_pace(long, alice):
    for _ in range(4):
        judge(long, alice, correct=True)

    assert done_about(long, missing=16) is None


def test_what_is_done_or_closed_has_no_end_to_come(long, alice):
    for _ in range(6):
        judge(long, alice, correct=True)

    assert done_about(long, missing=0) is None
    long.close()
    assert done_about(long, missing=14) is None


def test_a_date_years_away_is_not_said(long, alice):
    session = opened_ago(long, timedelta(days=6))
    for _ in range(5):
        judge(session, alice, correct=True)

    assert done_about(session, missing=100_000) is None
