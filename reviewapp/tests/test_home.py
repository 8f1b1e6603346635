from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Conversation, Endpoint, Turn
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


@pytest.fixture
def endpoint(alice, claims) -> Endpoint:
    endpoint = Endpoint.objects.create(
        name="Claims assistant", version="v2.3", url="https://claims.example.org/v1", experiment=claims
    )
    endpoint.people.add(alice)
    return endpoint


def talk_with(endpoint: Endpoint, user: User, **fields: Any) -> Conversation:
    talk = Conversation.objects.create(endpoint=endpoint, user=user, **fields)
    talk.leaf = Turn.objects.create(conversation=talk, message="Am I covered?", state=Turn.State.COMPLETE)
    talk.save()
    return talk


def test_an_expert_is_offered_to_chat(alice, endpoint, client_of):
    client = client_of(alice, enforce_csrf_checks=True)
    page = client.get("/")

    assert "Claims assistant v2.3" in words_of(page)
    assert "Nothing here yet" not in words_of(page)
    (action,) = re.findall(r'action="(/chat/new/[^"]+)"', page.text)
    (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[:1])
    response = client.post(action, {"csrfmiddlewaretoken": token})
    assert response.status_code == 302
    assert response.url == Conversation.objects.get(user=alice).get_absolute_url()


def test_conversations_can_be_gone_on_with(alice, endpoint, client_of):
    talk = talk_with(endpoint, alice, title="Burst pipe while away")
    talk_with(endpoint, alice, title="Put away", archived_at=talk.created_at)
    talk_with(endpoint, alice, title="Half of a comparison", is_listed=False)
    Conversation.objects.create(endpoint=endpoint, user=alice, title="Nothing said")

    page = client_of(alice).get("/")

    assert f'href="{talk.get_absolute_url()}"' in page.text
    assert not {"Put away", "Half of a comparison", "Nothing said"} & {*re.findall(r">([^<>]+)<", page.text)}


def test_only_some_endpoints_and_conversations_stand_on_home(alice, endpoint, client_of):
    for number in range(5):
        other = Endpoint.objects.create(name=f"Other {number}", url=endpoint.url, experiment=endpoint.experiment)
        other.people.add(alice)
        talk_with(other, alice)

    page = client_of(alice).get("/")

    assert page.text.count('action="/chat/new/') == 3
    assert page.text.count('class="talk"') == 3


def test_a_new_version_stands_before_the_old_one(alice, endpoint, client_of):
    newer = Endpoint.objects.create(name=endpoint.name, version="v10", url=endpoint.url, experiment=endpoint.experiment)
    newer.people.add(alice)

    assert re.findall(r'class="badge">([^<]+)<', client_of(alice).get("/").text) == ["v10", "v2.3"]


def test_who_may_not_chat_does_not_hear_of_it(charlie, endpoint, client_of):
    page = client_of(charlie).get("/")

    assert "Talk to" not in words_of(page)
    assert "Nothing here yet" in words_of(page)


@pytest.mark.parametrize("person", ["alice", "mallory"])
def test_home_needs_as_many_queries_for_many_items_as_for_few(
    person,
    request,
    alice,
    bob,
    endpoint,
    make_session,
    client_of,
    django_assert_num_queries,
    django_assert_max_num_queries,
):
    client = client_of(request.getfixturevalue(person))
    make_session(alice, bob, items=2)
    talk_with(endpoint, alice)
    client.get("/")
    with django_assert_max_num_queries(14) as few:
        client.get("/")
    session = make_session(alice, bob, items=60)
    for number in range(10):
        judge(session, alice, correct=True)
        talk_with(endpoint, alice, title=f"Talk {number}")

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
