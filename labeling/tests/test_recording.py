from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.claiming import next_review, put_back
from labeling.models import Answer, QuestionSpec, Review, Reviewer
from labeling.recording import GivenAnswer, LeaseLost, SessionNotOpen, complete, save_draft
from labeling.tests.conftest import lapse
from labeling.tests.counting import assert_answers_are_true, assert_counters_are_true
from traces import announcing
from traces.models import Assessment

QUOTE = {"span_id": "ab12", "field": "outputs", "start": 3, "end": 8, "quote": "sudden"}


@pytest.fixture
def given(session):
    """Return a function: answers to the session's two questions; None leaves one out."""

    def answers(is_correct=True, ideal=None, *, why="", evidence=()) -> list[GivenAnswer]:
        first, second = session.questions.select_related("schema__current")
        said = [GivenAnswer(first, first.schema.current, is_correct, why, list(evidence))]
        if ideal is not None:
            said.append(GivenAnswer(second, second.schema.current, ideal))
        return said if is_correct is not None else said[1:]

    return answers


def test_answers_become_assessments(session, given, alice):
    review = next_review(session, alice)
    complete(review, given(False, "Covered.", why="Policy §2", evidence=[QUOTE]), active_s=42)

    correct, ideal = Assessment.objects.filter(trace=review.item.trace).order_by("kind").reverse()
    assert (correct.kind, correct.name, correct.value, correct.rationale) == ("feedback", "correct", False, "Policy §2")
    assert (correct.source_type, correct.source_id) == ("HUMAN", "alice@example.org")
    assert (ideal.kind, ideal.name, ideal.value) == ("expectation", "expected_response", "Covered.")
    assert correct.metadata == {
        "reviewapp.session": str(session.pk),
        "reviewapp.item": str(review.item_id),
        "reviewapp.review": str(review.pk),
        "reviewapp.question": session.questions.first().schema_id,
        "reviewapp.question_version": "1",
        "reviewapp.active_s": "42",
        "reviewapp.evidence": json.dumps([QUOTE]),
    }
    review.refresh_from_db()
    assert (review.status, review.active_s, review.lease_until, review.draft) == ("complete", 42, None, {})
    assert_counters_are_true(session)
    assert_answers_are_true(session)


def test_a_question_bound_to_a_judge_gives_the_judges_name(session, given, correct, alice):
    correct.judge_name = "correctness"
    correct.save()
    review = next_review(session, alice)
    complete(review, given(True), active_s=1)
    assert Assessment.objects.get().name == "correctness"


def test_sent_twice_it_is_said_once(session, given, alice):
    review = next_review(session, alice)
    second_tab = Review.objects.select_related("item", "session", "user").get(pk=review.pk)
    complete(review, given(True, "x"), active_s=9)
    complete(second_tab, given(True, "x"), active_s=9)
    assert Assessment.objects.count() == Answer.objects.count() == 2
    assert_counters_are_true(session)


def test_sent_twice_without_answers_it_counts_once(session, alice):
    review = next_review(session, alice)
    second_tab = Review.objects.select_related("item", "session", "user").get(pk=review.pk)
    complete(review, [], active_s=9)
    complete(second_tab, [], active_s=9)
    assert session.reviewers.get(user=alice).n_complete == 1
    assert_counters_are_true(session)


def test_what_is_written_before_a_hold_turns_out_to_be_lost_is_gone(session, given, alice):
    review = next_review(session, alice)
    session.close()
    with pytest.raises(SessionNotOpen):
        complete(review, given(True, "x"), active_s=9)
    assert not Assessment.objects.exists()
    assert not Answer.objects.exists()
    assert_counters_are_true(session)


def test_a_changed_mind_overrides_only_what_changed(session, given, alice):
    review = next_review(session, alice)
    complete(review, given(True, "Covered."), active_s=9)
    old = Assessment.objects.get(name="correct")
    complete(review, given(True, "Covered.", why="on second thoughts"), active_s=12)

    assert Assessment.objects.filter(name="expected_response").count() == 1
    old.refresh_from_db()
    new = Assessment.objects.get(name="correct", valid=True)
    assert (old.valid, new.overrides, new.rationale) == (False, old, "on second thoughts")
    assert Reviewer.objects.get(session=session, user=alice).active_s == 12
    assert_counters_are_true(session)
    assert_answers_are_true(session)


@pytest.mark.parametrize("changed", [{"is_correct": False}, {"why": "because"}, {"evidence": [QUOTE]}])
def test_value_rationale_and_evidence_are_each_a_change(session, given, alice, changed):
    review = next_review(session, alice)
    complete(review, given(), active_s=1)
    complete(review, given(**changed), active_s=1)
    assert Assessment.objects.filter(valid=True).get().overrides == Assessment.objects.get(valid=False)


def test_other_rooms_hear_of_what_was_said_and_of_what_it_replaced(session, given, alice, monkeypatch):
    heard: list[str] = []
    monkeypatch.setattr(announcing, "ASSESSED_LISTENERS", [heard.extend])
    review = next_review(session, alice)
    complete(review, given(True), active_s=1)
    complete(review, given(False), active_s=1)

    first, second = Assessment.objects.order_by("-valid").reverse()
    assert sorted(heard) == sorted([first.pk, first.pk, second.pk])


def test_an_answer_that_was_removed_is_not_valid_any_more(session, given, alice):
    review = next_review(session, alice)
    complete(review, given(True, "Covered."), active_s=1)
    complete(review, given(True), active_s=1)
    assert not Assessment.objects.get(name="expected_response").valid
    assert review.answers.count() == 1


def test_an_answer_to_a_question_that_is_not_asked_any_more_stays(session, given, correct, alice):
    review = next_review(session, alice)
    complete(review, given(True, "Covered."), active_s=1)
    session.set_questions([QuestionSpec(correct)])
    (first,) = session.questions.select_related("schema__current")
    complete(review, [GivenAnswer(first, first.schema.current, False)], active_s=1)
    assert Assessment.objects.get(name="expected_response").valid


def test_an_answer_to_new_words_is_a_new_answer(session, given, correct, alice):
    review = next_review(session, alice)
    complete(review, given(True), active_s=1)
    correct.revise(title="Does the answer hold?")
    complete(review, given(True), active_s=1)
    answer = review.answers.select_related("version").get()
    assert answer.version.number == 2
    assert answer.assessment.metadata["reviewapp.question_version"] == "2"
    assert Assessment.objects.get(valid=False) == answer.assessment.overrides


def test_nobody_overwrites_anothers_answer(make_session, alice, bob):
    session = make_session(alice, bob, items=1, reviews_per_item=2)
    question = session.questions.select_related("schema__current").first()
    reviews = {user: next_review(session, user) for user in (alice, bob)}
    for user, value in ((alice, True), (bob, False), (alice, False), (bob, True)):
        complete(reviews[user], [GivenAnswer(question, question.schema.current, value)], active_s=1)
    valid = Assessment.objects.filter(valid=True).values_list("source_id", "value")
    assert set(valid) == {("alice@example.org", False), ("bob@example.org", True)}
    for changed in Assessment.objects.filter(valid=True):
        assert changed.overrides.source_id == changed.source_id
    assert_counters_are_true(session)
    assert_answers_are_true(session)


def test_a_lapsed_lease_is_good_while_nobody_took_the_place(session, given, alice, bob):
    review = next_review(session, alice)
    lapse(review)
    complete(review, given(), active_s=1)
    assert Review.objects.get(pk=review.pk).status == "complete"


def test_a_place_that_was_freed_is_taken_again_if_there_is_room(session, given, alice):
    review = next_review(session, alice)
    put_back(review)
    complete(review, given(), active_s=1)
    assert Review.objects.get(pk=review.pk).status == "complete"
    assert_counters_are_true(session)


def test_a_place_that_somebody_else_took_is_lost_and_the_draft_is_kept(make_session, alice, bob):
    session = make_session(alice, bob, items=1)
    question = session.questions.select_related("schema__current").first()
    review = next_review(session, alice)
    save_draft(review, {"q": "typed"}, active_s=5)
    lapse(review)
    assert next_review(session, bob).item == review.item
    with pytest.raises(LeaseLost):
        complete(review, [GivenAnswer(question, question.schema.current, True)], active_s=9)
    review.refresh_from_db()
    assert (review.status, review.draft) == ("pending", {"q": "typed"})
    assert not Assessment.objects.exists()
    assert_counters_are_true(session)


@pytest.mark.parametrize("is_finished", [False, True])
def test_a_closed_session_takes_no_answers_but_drafts(session, given, alice, is_finished):
    review = next_review(session, alice)
    if is_finished:
        complete(review, given(), active_s=1)
    n = Assessment.objects.count()
    session.close()
    with pytest.raises(SessionNotOpen):
        complete(review, given(False), active_s=1)
    save_draft(review, {"q": "typed"}, active_s=5)
    review.refresh_from_db()
    assert review.draft == {"q": "typed"}
    assert Assessment.objects.count() == n


def test_a_draft_that_comes_late_replaces_nothing(session, given, alice):
    review = next_review(session, alice)
    late = Review.objects.get(pk=review.pk)
    complete(review, given(), active_s=30)
    save_draft(late, {"q": "old"}, active_s=99)
    review.refresh_from_db()
    assert (review.draft, review.active_s) == ({}, 30)
    assert_counters_are_true(session)


def test_seconds_never_run_backwards_nor_away(session, alice):
    review = next_review(session, alice)
    for active_s, kept in ((50, 50), (20, 50), (10**12, 24 * 3600)):
        save_draft(review, {}, active_s=active_s)
        assert Review.objects.get(pk=review.pk).active_s == kept


def test_finishing_tells_the_time_and_moves_the_cursor(session, given, alice):
    review = next_review(session, alice)
    before = datetime.now(UTC)
    complete(review, given(), active_s=7)
    mine = session.reviewers.get(user=alice)
    assert mine.last_active_at >= before
    assert mine.cursor == review.item.position


@pytest.mark.django_db(transaction=True)
def test_a_label_takes_few_queries(session, given, alice):
    answers = given(True, "x")
    with CaptureQueriesContext(connection) as handed_out:
        review = next_review(session, alice)
    with CaptureQueriesContext(connection) as held:
        next_review(session, alice)
    with CaptureQueriesContext(connection) as completed:
        complete(review, answers, active_s=1)
    # Both with BEGIN and COMMIT.
    assert (len(handed_out), len(held), len(completed)) == (6, 2, 9) if connection.vendor == "sqlite" else (2, 2, 4)
