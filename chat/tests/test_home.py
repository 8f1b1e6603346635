from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from chat.models import Conversation, Judgement, Turn
from chat.remembered import day_in_words
from traces.models import Assessment, Trace


def test_it_offers_endpoints_and_suggestions(endpoint, alice, client_of):
    endpoint.suggestions = ["Am I covered?"]
    endpoint.save()

    text = client_of(alice).get("/chat/").text

    assert "Claims assistant" in text
    assert "v2.3" in text
    assert "Am I covered?" in text


def test_without_an_endpoint_it_teaches(stranger, mallory, client_of):
    assert "Nothing to chat with yet" in client_of(stranger).get("/chat/").text
    assert "Connect an endpoint" in client_of(mallory).get("/chat/").text


def test_conversations_stand_under_their_day_with_what_was_judged(make_turn, conversation, alice, client_of):
    turn = make_turn()
    make_turn("And then?", "Nothing.")
    make_turn("And now?", "", state=Turn.State.FAILED)
    trace = Trace.objects.create(
        trace_id="tr-1", experiment=conversation.endpoint.experiment, state="OK", request_time=timezone.now()
    )
    said = Assessment.objects.create(trace=trace, kind="feedback", name="thumbs", value=True, source_type="HUMAN")
    Judgement.objects.create(conversation=conversation, turn=turn, user=alice, name="thumbs", assessment=said)

    text = client_of(alice).get("/chat/").text

    assert "Today" in text
    assert "Burst pipe while away" in text
    assert "2 answers, 1 judged" in text


def test_a_conversation_without_a_message_is_not_listed(conversation, alice, client_of):
    assert "Burst pipe" not in client_of(alice).get("/chat/").text


def test_words_are_found_in_titles_and_in_what_was_said(make_turn, alice, client_of):
    make_turn("Somebody took my bicycle", "It is **insured**.")
    client = client_of(alice)

    for words in ("burst PIPE", "bicycle", "insured pipe"):
        assert "Burst pipe while away" in client.get("/chat/", {"q": words}).text
    assert "Nothing found for “nowhere”" in client.get("/chat/", {"q": "nowhere"}).text


def test_archived_ones_are_behind_a_link(make_turn, conversation, alice, client_of):
    make_turn()
    Conversation.objects.update(archived_at=timezone.now())
    client = client_of(alice)

    assert "Burst pipe" not in client.get("/chat/").text
    assert "?archived=1" in client.get("/chat/").text
    assert "Burst pipe" in client.get("/chat/?archived=1").text


def test_others_conversations_are_for_who_reads_traces(make_turn, bob, dana, client_of):
    make_turn()

    assert "Burst pipe" not in client_of(bob).get("/chat/?of=everybody").text
    assert "Burst pipe" in client_of(dana).get("/chat/?of=everybody").text


def test_the_list_alone_marks_the_open_one(make_turn, conversation, alice, client_of):
    make_turn()

    answer = client_of(alice).get("/chat/list/", {"current": str(conversation.pk)})

    assert answer.text.lstrip().startswith('<div id="conversations"')
    assert 'aria-current="page"' in answer.text
    assert client_of(alice).get("/chat/list/?current=nonsense").status_code == 200


def test_queries_do_not_grow(make_turn, endpoint, alice, client_of, django_assert_num_queries):
    client = client_of(alice)
    make_turn()
    with django_assert_num_queries(5):
        client.get("/chat/")
    for n in range(4):
        other = Conversation.objects.create(endpoint=endpoint, user=alice, title=str(n))
        make_turn(conversation=other)

    with django_assert_num_queries(5):
        client.get("/chat/")


def test_a_new_conversation_takes_the_one_left_empty(endpoint, alice, client_of):
    client = client_of(alice, enforce_csrf_checks=True)
    client.get("/chat/")
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}

    first = client.post(f"/chat/new/{endpoint.pk}/", token)
    second = client.post(f"/chat/new/{endpoint.pk}/", token)

    conversation = Conversation.objects.get()
    assert first.url == second.url == conversation.get_absolute_url()


def test_a_suggestion_is_asked_at_once(endpoint, alice, client_of):
    answer = client_of(alice).post(f"/chat/new/{endpoint.pk}/", {"message": "Am I covered?"})

    turn = Turn.objects.get()
    assert turn.message == "Am I covered?"
    assert turn.conversation.title == "Am I covered?"
    assert answer.url == turn.conversation.get_absolute_url()


def test_a_stranger_begins_nothing(endpoint, stranger, client_of):
    assert client_of(stranger).post(f"/chat/new/{endpoint.pk}/").status_code == 404


def test_nobody_is_sent_to_sign_in(endpoint):
    for path in ("/chat/", "/chat/list/"):
        assert Client().get(path).status_code == 302
    assert Client().post(f"/chat/new/{endpoint.pk}/").status_code == 302


def test_wrong_methods(endpoint, alice, client_of):
    client = client_of(alice)
    assert client.post("/chat/").status_code == 405
    assert client.get(f"/chat/new/{endpoint.pk}/").status_code == 405


def test_chat_is_in_the_navigation_of_who_has_something_to_chat_with(endpoint, alice, stranger, client_of):
    assert 'href="/chat/"' in client_of(alice).get("/").text
    assert 'href="/chat/"' not in client_of(stranger).get("/").text


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 3, 12), "Today"),
        (date(2026, 3, 11), "Yesterday"),
        (date(2026, 3, 9), "This week"),
        (date(2026, 3, 8), "Last week"),
        (date(2026, 3, 2), "Last week"),
        (date(2026, 3, 1), "March 2026"),
    ],
)
def test_days_in_words(day, words):
    assert day_in_words(day, today=date(2026, 3, 12)) == words  # a Thursday
