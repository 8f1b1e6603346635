from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from labeling.claiming import next_review
from labeling.models import LabelingSession, LabelSchema, QuestionSpec, Review
from labeling.recording import GivenAnswer, complete, save_draft
from labeling.tests.counting import assert_counters_are_true
from traces.models import Experiment, Trace


def finish(review: Review) -> None:
    question = review.session.questions.select_related("schema__current").first()
    complete(review, [GivenAnswer(question, question.schema.current, True)], active_s=10)


def test_traces_are_added_once_and_in_order(session, make_traces):
    known = [item.trace for item in session.items.select_related("trace")]
    new = make_traces(2)
    assert session.add_traces([*known, *new, *new]) == 2
    assert [item.trace for item in session.items.order_by("position")] == known + new
    assert session.n_items == 7
    assert_counters_are_true(session)


def test_a_queryset_of_traces_is_not_read_whole(session, make_traces):
    make_traces(3)
    assert session.add_traces(Trace.objects.order_by("-trace_id")) == 3
    assert_counters_are_true(session)


def test_only_traces_that_nobody_began_are_taken_out(session, alice):
    begun = next_review(session, alice)
    assert session.remove_traces([item.trace for item in session.items.select_related("trace")]) == 4
    assert session.items.get() == begun.item
    assert_counters_are_true(session)


def test_questions_are_asked_in_their_order_and_no_others(session, correct, ideal):
    session.set_questions(
        [QuestionSpec(ideal), QuestionSpec(correct, is_required=True, show_if={"expected_response": "x"})]
    )
    assert [(q.schema, q.is_required) for q in session.questions.all()] == [(ideal, False), (correct, True)]
    session.set_questions([QuestionSpec(correct)])
    assert session.questions.get().show_if == {}


def test_questions_that_make_no_sense_are_refused(session, correct, ideal):
    other = LabelSchema.objects.ask(
        experiment=Experiment.objects.create(name="other"), name="x", type="feedback", title="X?", input={"text": {}}
    )
    for specs in (
        [QuestionSpec(correct), QuestionSpec(correct)],
        [QuestionSpec(other)],
        [QuestionSpec(correct, show_if={"expected_response": "x"}), QuestionSpec(ideal)],
        [QuestionSpec(correct, show_if={"correct": True})],
        [QuestionSpec(correct, show_if={"nothing": True})],
    ):
        with pytest.raises(ValidationError):
            session.set_questions(specs)
    assert session.questions.count() == 2


def test_who_leaves_puts_back_what_they_hold_and_keeps_the_rest(session, alice, bob):
    finish(next_review(session, alice))
    review = next_review(session, alice)
    save_draft(review, {"q": "typed"}, active_s=3)
    session.set_reviewers([bob])
    review.refresh_from_db()
    assert (review.status, review.draft) == ("pending", {"q": "typed"})
    assert next_review(session, bob).item == review.item
    assert next_review(session, alice) is None
    assert_counters_are_true(session)

    session.set_reviewers([alice, bob])
    assert session.reviewers.get(user=alice).n_complete == 1
    assert_counters_are_true(session)


def test_where_everybody_reviews_the_need_follows_the_people(make_session, alice, bob, charlie):
    session = make_session(alice, bob, items=1, reviews_per_item=None)
    finish(next_review(session, alice))
    session.set_reviewers([bob, charlie])
    item = session.items.get()
    assert (item.needs, item.n_complete) == (3, 1)  # bob's, charlie's, and alice's that is there
    session.set_reviewers([])
    assert_counters_are_true(session)


@pytest.mark.parametrize("after", [1, 2, 3, None])
@pytest.mark.parametrize("before", [1, 2, 3, None])
def test_the_number_of_reviews_can_change_at_any_time(make_session, alice, bob, before, after):
    session = make_session(alice, bob, items=3, reviews_per_item=before)
    finish(next_review(session, alice))
    next_review(session, alice)
    next_review(session, bob)
    session.set_reviews_per_item(after)
    assert_counters_are_true(session)


def test_no_review_at_all_is_refused(session):
    with pytest.raises(ValidationError):
        session.set_reviews_per_item(0)


def test_a_session_opens_only_when_it_has_all_it_needs(claims, make_traces, correct, alice):
    session = LabelingSession.objects.create(experiment=claims, name="Empty")
    with pytest.raises(ValidationError) as refusal:
        session.open()
    assert len(refusal.value.messages) == 3
    session.add_traces(make_traces(1))
    session.set_questions([QuestionSpec(correct)])
    session.set_reviewers([alice])
    session.open()
    assert session.is_open and session.opened_at


def test_a_session_opens_for_traces_that_are_on_their_way(claims, correct, alice):
    empty = LabelingSession.objects.create(experiment=claims, name="empty")
    empty.set_questions([QuestionSpec(correct)])
    with pytest.raises(ValidationError, match="Nobody is in it yet"):
        empty.open(traces_come=True)
    empty.set_reviewers([alice])
    empty.open(traces_come=True)
    assert empty.is_open


def test_open_close_and_reopen(session):
    opened_at = session.opened_at
    session.close()
    assert (session.state, session.closed_at is None) == ("closed", False)
    session.open()
    assert session.state == "closed"  # only a draft is opened
    session.reopen()
    assert (session.state, session.closed_at, session.opened_at) == ("open", None, opened_at)
