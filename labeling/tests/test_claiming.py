from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from labeling.claiming import Truth, hold, new_review, next_review, put_back, why_nothing
from labeling.models import Item, Review
from labeling.recording import GivenAnswer, complete, decline, save_draft
from labeling.statements.handing_out import giving
from labeling.tests.conftest import item_of, lapse
from labeling.tests.counting import assert_counters_are_true
from reviewapp.lib.columns import Statement, as_parameter


def finish(review: Review) -> None:
    question = review.session.questions.select_related("schema__current").first()
    complete(review, [GivenAnswer(question, question.schema.current, True)], active_s=10)


def positions(session, user, n: int) -> list[int]:
    done = []
    for _ in range(n):
        review = next_review(session, user)
        done.append(review.item.position)
        finish(review)
    return done


def test_each_gets_the_next_item_that_is_free(session, alice, bob):
    first, second = next_review(session, alice), next_review(session, bob)
    assert (first.item.position, second.item.position) == (1, 2)
    assert first.lease_until - first.handed_out_at == timedelta(minutes=15)
    assert_counters_are_true(session)


def test_what_is_held_comes_back(session, alice):
    assert next_review(session, alice) == next_review(session, alice)
    assert Review.objects.count() == 1


def test_the_one_after_can_be_asked_for(session, alice):
    first = next_review(session, alice)
    second = next_review(session, alice, besides=[first.pk])
    assert second.item.position == 2
    assert next_review(session, alice, besides=[first.pk]) == second


def test_what_one_began_and_let_go_comes_first_with_its_draft(session, alice):
    positions(session, alice, 2)
    review = next_review(session, alice)
    save_draft(review, {"q": "typed"}, active_s=3)
    put_back(review)
    again = next_review(session, alice)
    assert (again, again.draft, again.status) == (review, {"q": "typed"}, "in_progress")
    assert_counters_are_true(session)


def test_the_search_goes_on_behind_the_last_and_wraps_around_once(session, alice, bob):
    left = next_review(session, bob)
    assert positions(session, alice, 3) == [2, 3, 4]
    put_back(left)
    assert positions(session, alice, 2) == [5, 1]
    assert next_review(session, alice) is None


def test_nobody_gets_an_item_twice(make_session, alice, bob):
    session = make_session(alice, bob, items=3, reviews_per_item=2)
    decline(next_review(session, alice), reason="unclear")
    assert positions(session, alice, 2) == [2, 3]
    assert next_review(session, alice) is None
    assert positions(session, bob, 3) == [1, 2, 3]


def test_everybody_gets_everything(make_session, alice, bob):
    session = make_session(alice, bob, items=2, reviews_per_item=None)
    assert positions(session, alice, 2) == positions(session, bob, 2) == [1, 2]
    session.refresh_from_db()
    assert (session.n_open, session.n_done) == (0, 2)


def test_a_lapsed_lease_is_freed_for_who_comes_next(make_session, alice, bob):
    session = make_session(alice, bob, items=1)
    review = next_review(session, alice)
    assert next_review(session, bob) is None
    lapse(review)
    assert next_review(session, bob).item == review.item
    assert Review.objects.get(pk=review.pk).status == "pending"
    assert next_review(session, alice) is None
    assert_counters_are_true(session)


def test_ones_own_lapsed_lease_is_taken_again(session, alice):
    review = next_review(session, alice)
    lapse(review)
    again = next_review(session, alice)
    assert again == review
    assert again.lease_until > datetime.now(UTC)


@pytest.mark.parametrize("state", ["draft", "closed"])
def test_a_session_that_is_not_open_hands_out_nothing(session, alice, state):
    next_review(session, alice)
    type(session).objects.update(state=state)
    assert next_review(session, alice) is None


def test_who_is_not_in_it_gets_nothing(session, charlie, mallory):
    assert next_review(session, charlie) is None
    assert next_review(session, mallory) is None


def test_the_heartbeat_prolongs_the_lease(session, alice):
    review = next_review(session, alice)
    soon = datetime.now(UTC) + timedelta(seconds=5)
    Review.objects.update(lease_until=soon)
    assert hold(review)
    assert Review.objects.get().lease_until > soon
    assert session.reviewers.get(user=alice).last_active_at


def test_the_heartbeat_takes_a_lapsed_place_again_or_says_that_it_is_lost(make_session, alice, bob):
    session = make_session(alice, bob, items=1)
    review = next_review(session, alice)
    put_back(review)
    assert hold(review)
    lapse(review)
    theirs = next_review(session, bob)
    assert not hold(review)
    put_back(theirs)
    assert hold(review)
    assert_counters_are_true(session)


def test_the_heartbeat_of_a_finished_review_loses_nothing(session, alice):
    review = next_review(session, alice)
    finish(review)
    assert hold(review)
    assert Review.objects.get().status == "complete"


def test_the_database_itself_refuses_to_overshoot(session, alice):
    review = next_review(session, alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(pk=review.item_id).update(n_held=F("n_held") + 1)
    assert item_of(review).n_held == 1


@pytest.mark.parametrize("where", [">", "<="])
def test_the_search_is_driven_by_the_index(make_session, alice, where):
    session = make_session(alice, items=3)
    statement, *_counting = giving(new_review(session, alice), where=where, cursor=1)
    plan = explain(statement)
    assert "item_to_hand_out" in plan
    assert "TEMP B-TREE" not in plan and "Sort" not in plan  # it stops at the first


def explain(statement: Statement) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # it would walk three items
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        sql = "EXPLAIN " + ("QUERY PLAN " if connection.vendor == "sqlite" else "") + statement.sql
        cursor.execute(sql, {name: as_parameter(value, connection) for name, value in statement.given.items()})
        return "\n".join(str(row) for row in cursor.fetchall())


# Why there is nothing.


def truth(session, user) -> Truth:
    assert next_review(session, user) is None
    return why_nothing(session, user).truth


def test_closed_and_since_when(session, alice):
    session.close()
    assert truth(session, alice) == Truth.CLOSED
    assert why_nothing(session, alice).at == session.closed_at


def test_not_open_yet(make_session, alice):
    assert truth(make_session(alice, is_open=False), alice) == Truth.NOT_OPEN


def test_no_items(make_session, alice):
    session = make_session(alice, items=1)
    session.remove_traces([session.items.get().trace])
    assert truth(session, alice) == Truth.NO_ITEMS


def test_not_a_reviewer(session, charlie):
    assert truth(session, charlie) == Truth.NOT_A_REVIEWER


def test_all_done_and_how_much_of_it_was_mine(session, alice, bob):
    positions(session, alice, 3)
    positions(session, bob, 2)
    assert truth(session, alice) == Truth.ALL_DONE
    nothing = why_nothing(session, alice)
    assert (nothing.n, nothing.done, nothing.declined) == (5, 3, 0)


def test_others_hold_the_last_ones_until_then(session, alice, bob):
    theirs = next_review(session, bob)
    positions(session, alice, 4)
    assert truth(session, alice) == Truth.HELD_BY_OTHERS
    nothing = why_nothing(session, alice)
    assert (nothing.n, nothing.until, nothing.done) == (1, theirs.lease_until, 4)


def test_waiting_for_second_reviews(make_session, alice, bob):
    session = make_session(alice, bob, items=2, reviews_per_item=2)
    positions(session, alice, 2)
    assert truth(session, alice) == Truth.WAITING_FOR_SECOND_REVIEWS
    next_review(session, bob)  # also while the other is at it
    assert truth(session, alice) == Truth.WAITING_FOR_SECOND_REVIEWS
    assert why_nothing(session, alice).n == 2


def test_what_is_left_is_what_i_declined(session, alice):
    decline(next_review(session, alice), reason="not_my_field")
    positions(session, alice, 4)
    assert truth(session, alice) == Truth.MINE_DONE
    nothing = why_nothing(session, alice)
    assert (nothing.n, nothing.done, nothing.declined) == (1, 4, 1)
