from __future__ import annotations

from collections import Counter

import pytest

from labeling.claiming import Truth, next_review
from labeling.models import Review
from labeling.recording import GivenAnswer, complete, decline
from labeling.work import progress_of, segments_of, work_of


def finish(review: Review, active_s: int = 60) -> None:
    question = review.session.questions.select_related("schema__current").first()
    complete(review, [GivenAnswer(question, question.schema.current, True)], active_s=active_s)


def test_progress_counts_what_i_did_and_may_still_get(session, alice, bob):
    finish(next_review(session, alice))
    decline(next_review(session, alice), reason="unclear")
    next_review(session, alice)
    progress = progress_of(session, alice)
    assert (progress.done, progress.declined, progress.total) == (1, 1, 5)
    assert progress.segments == ["done", "declined", "now", "todo", "todo"]
    finish(next_review(session, bob))  # the one that alice declined
    next_review(session, bob)
    assert progress_of(session, alice).total == 4


def test_an_item_that_others_still_owe_is_not_left_for_me(make_session, alice, bob):
    session = make_session(alice, bob, items=2, reviews_per_item=2)
    finish(next_review(session, alice))
    assert progress_of(session, alice).total == 2
    finish(next_review(session, alice))
    assert (progress_of(session, alice).total, progress_of(session, alice).minutes_left) == (2, None)
    assert progress_of(session, bob).total == 2


def test_the_estimate_follows_my_own_pace(session, alice, bob):
    finish(next_review(session, bob), active_s=600)
    finish(next_review(session, alice), active_s=120)
    assert progress_of(session, alice).minutes_left == 6  # 3 left × 2 min


def test_before_i_have_finished_anything_it_follows_the_others(session, alice, bob):
    finish(next_review(session, bob), active_s=120)
    assert progress_of(session, alice).minutes_left == 8


def test_before_anybody_has_it_is_a_guess_from_the_questions(session, alice):
    assert progress_of(session, alice).minutes_left == 3  # 5 × (20 s + 2 × 10 s)


def test_progress_takes_one_query_once_something_is_finished(session, alice, django_assert_num_queries):
    with django_assert_num_queries(2):
        progress_of(session, alice)
    finish(next_review(session, alice))
    with django_assert_num_queries(1):
        progress_of(session, alice)


def test_somebody_who_is_not_in_it_has_no_progress(session, charlie):
    assert progress_of(session, charlie).total == 0


def test_work_lists_my_sessions_open_ones_first(make_session, alice, bob, django_assert_num_queries):
    make_session(bob)
    make_session(alice, is_open=False)
    one, closed, two = (make_session(alice) for _ in range(3))
    closed.close()
    closed_truth = work_of(alice)[-1].truth
    assert closed_truth.truth == Truth.CLOSED
    assert [work.session for work in work_of(alice)] == [two, one, closed]
    with django_assert_num_queries(2):  # the second for the closed one
        work_of(alice)


def test_work_says_why_there_is_nothing_to_do(make_session, alice, bob):
    session = make_session(alice, bob, items=1)
    (work,) = work_of(alice)
    assert (work.truth, work.total, work.minutes_left) == (None, 1, 1)
    review = next_review(session, bob)
    (work,) = work_of(alice)
    assert (work.truth.truth, work.truth.until, work.minutes_left) == (Truth.HELD_BY_OTHERS, review.lease_until, None)


@pytest.mark.parametrize(
    ("done", "declined", "left", "shares"),
    [
        (0, 0, 0, {}),
        (0, 0, 3, {"now": 1, "todo": 2}),
        (2, 1, 0, {"done": 2, "declined": 1}),
        (500, 0, 500, {"done": 50, "now": 1, "todo": 49}),
        (498, 2, 500, {"done": 49, "declined": 1, "now": 1, "todo": 49}),  # few, but seen
        (999, 0, 1, {"done": 99, "now": 1}),
    ],
)
def test_the_bar_has_at_most_a_hundred_segments(done, declined, left, shares):
    assert Counter(segments_of(done, declined, left)) == shares
