from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.test import Client

from chat.models import Conversation, Turn


@pytest.fixture
def url(conversation) -> str:
    return conversation.get_absolute_url()


def test_it_shows_the_talk_and_where_to_go_on(make_turn, url, alice, client_of):
    make_turn()

    text = client_of(alice).get(url).text

    assert "Am I covered?" in text
    assert "<strong>are</strong>" in text
    assert 'data-testid="chat-input"' in text
    assert 'data-testid="judging"' in text


def test_it_shows_how_the_last_answer_was_made_or_the_one_asked_for(make_turn, url, alice, client_of):
    first = make_turn(sources=[{"title": "3.9 Unoccupied homes", "text": "If the home …"}])
    make_turn(steps=[{"call_id": "1", "name": "look_up_policy", "arguments": {}, "output": "active"}])
    client = client_of(alice)

    assert "look up policy" in client.get(url).text
    assert "3.9 Unoccupied homes" not in client.get(url).text
    assert "3.9 Unoccupied homes" in client.get(url, {"made": str(first.pk)}).text
    assert client.get(url, {"made": "nonsense"}).status_code == 200


def test_reasoning_is_folded_and_a_refusal_is_shown_as_such(make_turn, url, alice, client_of):
    make_turn(text="", reasoning="Let me think.", refusal="I can't help with that.")

    text = client_of(alice).get(url).text

    assert '<details class="thinking">' in text
    assert "declined to answer" in text


@pytest.mark.parametrize("state", ["stopped", "cut_off", "unmarked", "interrupted", "failed"])
def test_what_went_wrong_is_said_with_a_way_to_try_again(make_turn, url, alice, client_of, state):
    make_turn(state=state, failure={"fault": "broken", "detail": "<b>boom</b>"} if state == "failed" else {})

    text = client_of(alice).get(url).text

    assert f"ended--{state}" in text
    assert "Try again" in text
    assert "<b>boom" not in text


def test_a_running_turn_is_drawn_as_far_as_it_came_and_refreshes_without_scripts(make_turn, url, alice, client_of):
    make_turn(state=Turn.State.RUNNING, text="", ended_at=None)

    text = client_of(alice).get(url).text

    assert '<noscript><meta http-equiv="refresh"' in text
    assert 'aria-busy="true"' in text
    assert 'data-cursor="0"' in text


def test_hostile_messages_stay_text(make_turn, url, alice, client_of):
    make_turn("<script>alert(1)</script>", "<script>alert(2)</script>")

    assert "<script>alert" not in client_of(alice).get(url).text


def test_the_talk_alone_is_a_fragment(make_turn, url, alice, client_of):
    make_turn()

    text = client_of(alice).get(f"{url}turns/").text

    assert text.lstrip().startswith('<div id="turns"')


def test_queries_grow_by_nothing_but_the_links_to_other_traces(
    make_turn, url, alice, client_of, django_assert_max_num_queries
):
    client = client_of(alice)
    for n in range(5):
        make_turn(f"Question {n}")

    with django_assert_max_num_queries(14):
        client.get(url)


def test_who_reads_traces_reads_along_and_changes_nothing(make_turn, url, dana, client_of):
    turn = make_turn()
    client = client_of(dana)
    text = client.get(url).text

    assert "You can read along." in text
    assert 'data-testid="chat-input"' not in text
    for path in ("rename/", "archive/", "restore/", "draft/", "ask/"):
        assert client.post(f"{url}{path}", {"title": "x", "message": "x"}).status_code == 403
    for path in ("again/", "edit/", "stop/", "show/"):
        assert client.post(f"/chat/turns/{turn.pk}/{path}", {"message": "x"}).status_code == 403


def test_a_stranger_finds_nothing(make_turn, url, stranger, client_of):
    turn = make_turn()
    client = client_of(stranger)

    for path in ("", "turns/", "export.md", "export.jsonl"):
        assert client.get(f"{url}{path}").status_code == 404
    for path in ("", "made/"):
        assert client.get(f"/chat/turns/{turn.pk}/{path}").status_code == 404
    for path in ("rename/", "archive/", "restore/", "draft/", "ask/"):
        assert client.post(f"{url}{path}").status_code == 404


def test_nobody_is_sent_to_sign_in(url):
    for path in ("", "turns/", "export.md"):
        assert Client().get(f"{url}{path}").status_code == 302
    for path in ("rename/", "archive/", "draft/", "ask/"):
        assert Client().post(f"{url}{path}").status_code == 302


def test_wrong_methods(url, alice, client_of):
    client = client_of(alice)
    assert client.post(url).status_code == 405
    for path in ("rename/", "archive/", "restore/", "draft/", "ask/"):
        assert client.get(f"{url}{path}").status_code == 405


def test_without_the_right_to_chat_it_can_still_be_read(make_turn, endpoint, url, alice, client_of):
    make_turn()
    endpoint.people.clear()
    client = client_of(alice)

    assert "You can read this conversation" in client.get(url).text
    assert client.post(f"{url}ask/", {"message": "More?"}).status_code == 403


def test_it_is_renamed(make_turn, conversation, url, alice, client_of):
    make_turn()
    client = client_of(alice)

    assert client.post(f"{url}rename/", {"title": "  Flooded\0 basement "}).url == url
    conversation.refresh_from_db()
    assert conversation.title == "Flooded␀ basement"
    refused = client.post(f"{url}rename/", {"title": " "})
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text


def test_it_is_archived_and_restored(conversation, url, alice, client_of):
    client = client_of(alice)

    assert client.post(f"{url}archive/").url == "/chat/"
    conversation.refresh_from_db()
    assert conversation.archived_at
    assert "This conversation is archived." in client.get(url).text
    client.post(f"{url}restore/")
    assert Conversation.objects.get().archived_at is None


def test_a_draft_is_kept_and_stands_in_the_box(conversation, url, alice, client_of):
    client = client_of(alice)

    assert client.post(f"{url}draft/", {"message": "Half a\0 thou"}).status_code == 204
    assert "Half a␀ thou</textarea>" in client.get(url).text


@pytest.mark.parametrize(("ending", "kind"), [("md", "text/markdown"), ("jsonl", "application/jsonl")])
def test_it_is_exported(make_turn, url, alice, client_of, ending, kind):
    make_turn()

    answer = client_of(alice).get(f"{url}export.{ending}")

    assert answer["Content-Type"].startswith(kind)
    assert f'filename="burst-pipe-while-away.{ending}"' in answer["Content-Disposition"]
    text = answer.getvalue().decode()
    assert "Am I covered?" in text
    if ending == "jsonl":
        assert json.loads(text)["answer"] == "Yes, you **are**."


def test_one_turn_is_a_fragment_and_so_is_how_it_was_made(make_turn, alice, client_of):
    turn = make_turn()
    client = client_of(alice)

    assert f'id="turn-{turn.pk}"' in client.get(f"/chat/turns/{turn.pk}/").text
    assert "without steps and sources" in client.get(f"/chat/turns/{turn.pk}/made/").text
    assert client.get(f"/chat/turns/{uuid4()}/").status_code == 404
