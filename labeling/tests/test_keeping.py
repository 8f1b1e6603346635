"""Traces in a session stay, whatever their age."""

from __future__ import annotations

import pytest

from labeling.claiming import next_review
from traces.models import Trace
from traces.retention import apply

pytestmark = pytest.mark.django_db


def test_a_trace_in_a_session_stays(session, claims):
    in_session = set(session.items.values_list("trace", flat=True))
    assert in_session
    Trace.objects.update(created_at="2020-01-01T00:00:00Z", request_time="2020-01-01T00:00:00Z")
    Trace.objects.create(
        trace_id="tr-1", experiment=claims, request_time="2020-01-01T00:00:00Z", created_at="2020-01-01T00:00:00Z"
    )
    claims.keep_days, claims.deletes_assessed = 30, True

    apply(claims)

    assert set(Trace.objects.values_list("pk", flat=True)) == in_session


def test_one_that_is_let_go_leaves_its_session_with_its_reviews(session, claims, alice):
    assert next_review(session, alice)
    Trace.objects.update(created_at="2020-01-01T00:00:00Z", request_time="2020-01-01T00:00:00Z")
    claims.keep_days, claims.deletes_assessed, claims.deletes_needed = 30, True, True

    apply(claims)

    assert not Trace.objects.filter(experiment=claims).exists()
    assert not session.items.exists()
    assert not session.reviews.exists()
