from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from labeling.access import get_managed_session_for, get_review_for, get_session_for
from labeling.claiming import next_review


def test_who_is_in_a_session_and_who_runs_it_find_it(session, alice, mallory):
    assert get_session_for(alice, session.pk) == session
    assert get_session_for(mallory, session.pk) == session


def test_strangers_and_developers_do_not(session, charlie, dana):
    for user in (charlie, dana):
        for look_up in (get_session_for, get_managed_session_for):
            with pytest.raises(Http404):
                look_up(user, session.pk)


def test_a_draft_is_for_managers_only(make_session, alice, mallory):
    session = make_session(alice, is_open=False)
    with pytest.raises(Http404):
        get_session_for(alice, session.pk)
    assert get_managed_session_for(mallory, session.pk) == session


def test_a_closed_session_can_still_be_read(session, alice):
    review = next_review(session, alice)
    session.close()
    assert get_session_for(alice, session.pk) == session
    assert get_review_for(alice, review.pk) == review


def test_an_expert_in_it_may_not_run_it(session, alice):
    with pytest.raises(PermissionDenied):
        get_managed_session_for(alice, session.pk)


def test_a_review_is_its_own_persons(session, alice, bob, charlie, mallory, django_assert_num_queries):
    review = next_review(session, alice)
    with django_assert_num_queries(1):
        found = get_review_for(alice, review.pk)
        assert (found.item.trace_id, found.session, found.user) == (review.item.trace_id, session, alice)
    for user in (bob, charlie, mallory):
        with pytest.raises(Http404):
            get_review_for(user, review.pk)


def test_who_left_a_session_finds_nothing_of_it(session, alice, bob):
    review = next_review(session, alice)
    session.set_reviewers([bob])
    for look_up, pk in ((get_session_for, session.pk), (get_review_for, review.pk)):
        with pytest.raises(Http404):
            look_up(alice, pk)


def test_what_does_not_exist_is_not_found(alice, mallory):
    for look_up, user in ((get_session_for, mallory), (get_managed_session_for, mallory), (get_review_for, alice)):
        with pytest.raises(Http404):
            look_up(user, uuid4())
