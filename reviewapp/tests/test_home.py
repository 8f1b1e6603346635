from __future__ import annotations

import re

import pytest
from django.test import Client

from labeling.tests.judging import judge, put_aside


def words_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def test_a_new_session_says_how_much_it_is_and_offers_to_start(alice, make_session, client_of):
    session = make_session(alice, items=15)

    response = client_of(alice).get("/")

    assert "15 items · about 10 minutes · new" in words_of(response)
    assert "15 items wait for you, about 10 minutes." in words_of(response)
    assert re.search(
        rf'<a class="button button--primary" href="/labeling/sessions/{session.pk}/review/" autofocus>Start',
        response.text,
    )


def test_a_begun_session_comes_first_and_is_the_one_that_enter_goes_on_with(alice, make_session, client_of):
    begun = make_session(alice, items=3)
    judge(begun, alice, correct=True)
    make_session(alice, items=2)

    response = client_of(alice).get("/")

    assert "1 of 3 done" in words_of(response)
    assert re.findall(r'button--primary" href="([^"]+)" autofocus>(\w+)', response.text) == [
        (f"/labeling/sessions/{begun.pk}/review/", "Continue")
    ]
    assert response.text.count("autofocus") == 1


def test_who_has_done_theirs_hears_that_others_have_to_go_on(alice, bob, make_session, client_of):
    session = make_session(alice, bob, items=1, reviews_per_item=2)
    judge(session, alice, correct=True)

    response = client_of(alice).get("/")

    assert "All yours are done. Waiting for second reviews." in words_of(response)
    assert f'href="/labeling/sessions/{session.pk}/review/back/"' in response.text
    assert "autofocus" not in response.text


def test_a_closed_session_can_be_looked_back_at(alice, make_session, client_of):
    session = make_session(alice, items=1)
    judge(session, alice, correct=True)
    session.close()

    response = client_of(alice).get("/")

    assert "Closed. Your 1 answered item can still be read." in words_of(response)
    assert "Look back" in words_of(response)


def test_a_draft_is_not_shown_to_experts(alice, make_session, client_of):
    make_session(alice, is_open=False)

    assert "Claims, March" not in client_of(alice).get("/").text


def test_an_expert_without_work_is_told_what_will_be_here(charlie, client_of):
    words = words_of(client_of(charlie).get("/"))

    assert "Nothing here yet" in words
    assert "add charlie@example.org" in words
    assert "Traces" not in words
    assert "Sessions you run" not in words


def test_a_manager_sees_what_needs_them(alice, bob, mallory, make_session, client_of):
    session = make_session(alice, bob, items=1)
    put_aside(session, alice)
    make_session(alice, is_open=False)

    words = words_of(client_of(mallory).get("/"))

    assert "1 person has not started" in words  # bob
    assert "Only managers see it until it is opened." in words
    put_aside(session, bob)
    assert "1 item with nobody left" in words_of(client_of(mallory).get("/"))


def test_a_manager_without_sessions_is_offered_to_make_one(mallory, client_of):
    assert "New session" in words_of(client_of(mallory).get("/"))


def test_a_developer_sees_traces_and_no_sessions_to_run(dana, make_traces, client_of):
    make_traces(3)

    words = words_of(client_of(dana).get("/"))

    assert "3 traces" in words
    assert "Sessions you run" not in words


def test_more_traces_than_need_counting_are_not_counted(dana, make_traces, client_of):
    make_traces(1001)

    assert "More than 1,000 traces" in words_of(client_of(dana).get("/"))


@pytest.mark.parametrize("person", ["alice", "mallory"])
def test_home_needs_as_many_queries_for_many_items_as_for_few(
    person, request, alice, bob, make_session, client_of, django_assert_num_queries, django_assert_max_num_queries
):
    client = client_of(request.getfixturevalue(person))
    make_session(alice, bob, items=2)
    client.get("/")
    with django_assert_max_num_queries(12) as few:
        client.get("/")
    session = make_session(alice, bob, items=60)
    for _ in range(10):
        judge(session, alice, correct=True)

    with django_assert_num_queries(len(few.captured_queries)):
        client.get("/")


def test_somebody_unknown_is_sent_to_sign_in(db):
    response = Client().get("/")

    assert response.status_code == 302
    assert response.url == "/accounts/sign-in/?next=/"


def test_home_cannot_be_posted_to(alice, client_of):
    assert client_of(alice).post("/").status_code == 405


def test_readiness_may_be_asked_as_often_as_one_likes(client, db):
    assert {client.get("/readyz").status_code for _ in range(120)} == {200}
