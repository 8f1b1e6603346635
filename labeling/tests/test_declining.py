"""Decline, undo, and put back."""

from __future__ import annotations

import pytest

from labeling.claiming import next_review, put_back
from labeling.models import Review
from labeling.recording import GivenAnswer, LeaseLost, SessionNotOpen, complete, decline, save_draft, undo
from labeling.tests.conftest import item_of
from labeling.tests.counting import assert_answers_are_true, assert_counters_are_true
from traces.models import Assessment


def finish(review: Review, value=True) -> None:
    question = review.session.questions.select_related("schema__current").first()
    complete(review, [GivenAnswer(question, question.schema.current, value, "since")], active_s=10)


@pytest.mark.parametrize("reason", Review.Reason.values)
def test_a_declined_item_goes_to_somebody_else(make_session, alice, bob, reason):
    session = make_session(alice, bob, items=1)
    review = next_review(session, alice)
    decline(review, reason=reason, note="No idea")
    review.refresh_from_db()
    assert (review.status, review.decline_reason, review.decline_note) == ("declined", reason, "No idea")
    assert next_review(session, alice) is None
    assert next_review(session, bob).item == review.item
    assert_counters_are_true(session)


def test_declining_twice_counts_once_and_keeps_the_last_reason(session, alice):
    review = next_review(session, alice)
    decline(review, reason="unclear")
    decline(review, reason="broken")
    assert session.reviewers.get(user=alice).n_declined == 1
    assert Review.objects.get().decline_reason == "broken"


def test_declining_what_was_finished_takes_it_back(session, alice):
    review = next_review(session, alice)
    finish(review)
    decline(review, reason="other")
    assert not Assessment.objects.get().valid
    assert_counters_are_true(session)
    assert_answers_are_true(session)


def test_undoing_brings_the_answers_back_as_draft(session, correct, alice):
    review = next_review(session, alice)
    finish(review, False)
    undo(review)
    review.refresh_from_db()
    assert (review.status, review.finished_at) == ("in_progress", None)
    assert review.draft == {correct.pk: {"value": ["false"], "comment": "since", "evidence": [], "version": 1}}
    assert not Assessment.objects.get().valid
    assert next_review(session, alice) == review
    assert_counters_are_true(session)
    assert_answers_are_true(session)


def test_undone_and_finished_again_is_counted_once(session, alice):
    review = next_review(session, alice)
    finish(review)
    undo(review)
    finish(review, False)
    assert [each.value for each in Assessment.objects.filter(valid=True)] == [False]
    assert_counters_are_true(session)


def test_undoing_a_decline_needs_room(make_session, alice, bob):
    session = make_session(alice, bob, items=1)
    review = next_review(session, alice)
    decline(review, reason="unclear")
    undo(review)
    assert (Review.objects.get().status, Review.objects.get().decline_reason) == ("in_progress", "")

    decline(review, reason="unclear")
    next_review(session, bob)
    with pytest.raises(LeaseLost):
        undo(review)
    assert Review.objects.get(pk=review.pk).status == "declined"
    assert_counters_are_true(session)


def test_undoing_what_is_held_changes_nothing(session, alice):
    review = next_review(session, alice)
    save_draft(review, {"q": "typed"}, active_s=3)
    undo(review)
    assert Review.objects.get().draft == {"q": "typed"}
    assert_counters_are_true(session)


@pytest.mark.parametrize("deed", [undo, lambda review: decline(review, reason="other")])
def test_a_closed_session_refuses(session, alice, deed):
    review = next_review(session, alice)
    finish(review)
    session.close()
    with pytest.raises(SessionNotOpen):
        deed(review)
    assert Assessment.objects.get().valid


def test_put_back_keeps_the_draft_and_frees_the_item(session, alice, bob):
    review = next_review(session, alice)
    save_draft(review, {"q": "typed"}, active_s=3)
    put_back(review)
    put_back(review)
    assert item_of(review).n_held == 0
    assert (Review.objects.get().status, Review.objects.get().draft) == ("pending", {"q": "typed"})
    assert next_review(session, bob).item == review.item
    assert_counters_are_true(session)
