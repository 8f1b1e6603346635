"""What the page of a label keeps for the next one is never out of date."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from labeling import claiming
from labeling.models import QuestionSpec, Review
from labeling.reading_ahead import read_ahead
from traces.ingest.incoming import IncomingSpan
from traces.ingest.storing import store_spans

START_NS = int(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp()) * 1_000_000_000


@pytest.fixture
def label(session, alice, correct, client_of):
    """Return a function: alice answers what she holds, and gets what the server says to it."""
    client = client_of(alice)

    def answer(**more: str):
        review = claiming.next_review(session, alice)
        data = {f"answer-{correct.pk}": "true", f"version-{correct.pk}": str(correct.current.number), **more}
        path = f"/labeling/reviews/{review.pk}/complete/"
        return client.post(path, data, headers={"HX-Request": "true"})

    return answer


def test_a_question_that_was_edited_meanwhile_is_asked_in_its_new_words(label, correct):
    assert "Is the answer correct?" in label().text
    correct.revise(title="Does the answer hold?")

    asked = label().text
    assert "Does the answer hold?" in asked
    assert "Is the answer correct?" not in asked


def test_what_became_needed_or_is_asked_no_more_shows_at_once(label, session, correct, ideal):
    assert "The ideal answer" in label().text
    session.set_questions([QuestionSpec(correct), QuestionSpec(ideal, is_required=True)])
    assert label().status_code == 422  # nothing was said to what is needed now

    session.set_questions([QuestionSpec(correct)])
    assert "The ideal answer" not in label().text


def test_who_was_taken_out_is_a_stranger_at_once(label, session, alice, bob, client_of):
    assert label().status_code == 200
    held = claiming.next_review(session, alice)
    session.set_reviewers([bob])

    response = client_of(alice).post(f"/labeling/reviews/{held.pk}/complete/", headers={"HX-Request": "true"})
    assert response.status_code == 404


def test_a_session_that_was_closed_hands_out_nothing(label, session):
    assert label().status_code == 200
    waiting = claiming.next_review(session, Review.objects.first().user)
    session.close()

    assert claiming.next_review(session, waiting.user) is None


def span_of(trace, text: str) -> IncomingSpan:
    attributes = {"mlflow.spanType": "CHAIN", "mlflow.spanInputs": "Am I covered?", "mlflow.spanOutputs": text}
    return IncomingSpan(
        trace_id=trace.pk.removeprefix("tr-"), span_id="1" * 16, start_time_ns=START_NS, end_time_ns=START_NS + 1,
        attributes=attributes,
    )  # fmt: skip


def test_reading_ahead_hands_nothing_out_and_spares_the_reading(session, alice, django_assert_num_queries):
    held = claiming.next_review(session, alice)
    read_ahead(session.pk, alice.pk)
    assert [*Review.objects.all()] == [held]

    with django_assert_num_queries(1):  # the look-up alone: it is read already
        read_ahead(session.pk, alice.pk)


def test_who_has_come_to_the_end_has_nothing_to_read_ahead(make_session, alice):
    session = make_session(alice, items=1)
    claiming.next_review(session, alice)
    read_ahead(session.pk, alice.pk)


def test_a_span_that_comes_after_reading_ahead_is_read(label, session, alice):
    first = claiming.next_review(session, alice)
    ahead = session.items.get(position=first.item.position + 1)
    store_spans(session.experiment, [span_of(ahead.trace, "Too early.")])
    read_ahead(session.pk, alice.pk)
    store_spans(session.experiment, [span_of(ahead.trace, "You are.")])

    page = label().text
    assert f'data-trace="{ahead.trace_id}"' in page
    assert "You are." in page
    assert "Too early." not in page
