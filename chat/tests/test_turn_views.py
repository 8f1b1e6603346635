"""Asking, asking again, editing, stopping and going back, by plain forms."""

from __future__ import annotations

import base64
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chat.forms import message as forms
from chat.models import Endpoint, Turn

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def image(name: str = "a.png", content: bytes = PIXEL) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.fixture
def url(conversation) -> str:
    return f"{conversation.get_absolute_url()}ask/"


def test_a_message_is_asked_with_the_pages_id_once(conversation, url, alice, client_of):
    client = client_of(alice, enforce_csrf_checks=True)
    client.get(conversation.get_absolute_url())
    sent = {"message": "Am I covered?", "turn": str(uuid4()), "csrfmiddlewaretoken": client.cookies["csrftoken"].value}

    answer = client.post(url, sent)
    again = client.post(url, sent)

    turn = Turn.objects.get()
    assert str(turn.pk) == sent["turn"]
    assert turn.is_running
    assert answer.url == again.url == f"{conversation.get_absolute_url()}#turn-{turn.pk}"
    assert client.post(url, {"message": "x"}).status_code == 403  # no token


def test_it_goes_on_from_the_parent(make_turn, url, alice, client_of):
    parent = make_turn()

    client_of(alice).post(url, {"message": "And then?", "parent": str(parent.pk)})

    assert Turn.objects.exclude(pk=parent.pk).get().parent == parent


def test_for_a_page_with_a_socket_the_answer_is_empty(url, alice, client_of):
    assert client_of(alice).post(url, {"message": "Hello"}, headers={"HX-Request": "true"}).status_code == 204


def test_images_become_data_addresses(url, alice, client_of):
    client_of(alice).post(url, {"message": "", "images": [image(), image("b.jpg", b"\xff\xd8\xff\xe0")]})

    assert [each[:15] for each in Turn.objects.get().images] == ["data:image/png;", "data:image/jpeg"]


@pytest.mark.parametrize(
    ("message", "files", "words"),
    [
        ("  ", [], "Write something first."),
        ("x" * 200_001, [], "at most 200000"),
        ("x", [("a.svg", b"<svg onload=x>")], "a.svg is no PNG"),
        ("x", [("a.png", PIXEL)] * 6, "At most 5 images"),
    ],
)
def test_what_cannot_be_sent_is_422_with_the_text(url, alice, client_of, message, files, words):
    client = client_of(alice)

    def send(**headers):
        return client.post(url, {"message": message, "images": [image(*file) for file in files]}, headers=headers)

    page = send()
    fragment = send(HX_Request="true")

    assert page.status_code == fragment.status_code == 422
    assert words in page.text
    assert words in fragment.text
    assert 'data-testid="chat-input"' in page.text
    assert fragment.text.lstrip().startswith('<div id="refused"')
    assert not Turn.objects.exists()


def test_a_large_image_is_refused(url, alice, client_of, monkeypatch):
    monkeypatch.setattr(forms, "MAX_IMAGE_BYTES", 10)

    assert "a.png is too large" in client_of(alice).post(url, {"message": "x", "images": [image()]}).text


def test_images_are_refused_where_the_application_takes_none(conversation, url, alice, client_of):
    Endpoint.objects.update(protocol="mlflow-chat")
    client = client_of(alice)

    assert 'type="file"' not in client.get(conversation.get_absolute_url()).text
    answer = client.post(url, {"message": "x", "images": [image()]})

    assert answer.status_code == 422
    assert "takes no images" in answer.text


def test_while_an_answer_runs_going_on_is_refused_in_words(make_turn, url, alice, client_of):
    running = make_turn(state=Turn.State.RUNNING, ended_at=None)

    answer = client_of(alice).post(url, {"message": "And then?", "parent": str(running.pk)})

    assert answer.status_code == 422
    assert "And then?</textarea>" in answer.text


def test_again_makes_a_version_and_nothing_goes(make_turn, alice, client_of):
    turn = make_turn()
    new = uuid4()

    answer = client_of(alice).post(f"/chat/turns/{turn.pk}/again/", {"turn": str(new)})

    assert answer.url.endswith(f"#turn-{new}")
    assert Turn.objects.get(pk=new).message == turn.message
    assert Turn.objects.filter(pk=turn.pk, text=turn.text).exists()


def test_edit_begins_a_branch(make_turn, alice, client_of):
    turn = make_turn()
    client = client_of(alice)

    client.post(f"/chat/turns/{turn.pk}/edit/", {"message": "Am I covered abroad?"})

    made = Turn.objects.exclude(pk=turn.pk).get()
    assert (made.message, made.parent) == ("Am I covered abroad?", turn.parent)
    assert client.post(f"/chat/turns/{turn.pk}/edit/", {"message": " "}).status_code == 422


def test_stop_is_asked_for(make_turn, conversation, alice, client_of):
    turn = make_turn(state=Turn.State.RUNNING, ended_at=None)
    client = client_of(alice)

    assert client.post(f"/chat/turns/{turn.pk}/stop/").url == conversation.get_absolute_url()
    assert client.post(f"/chat/turns/{turn.pk}/stop/", headers={"HX-Request": "true"}).status_code == 204
    turn.refresh_from_db()
    assert turn.stop_asked_at


def test_another_version_is_shown_with_what_followed_it(make_turn, conversation, alice, client_of):
    first = make_turn("First?", "One.")
    follower = make_turn("Then?", "Two.")
    make_turn("First, otherwise?", "Three.", parent=None)
    client = client_of(alice)
    assert "One." not in client.get(conversation.get_absolute_url()).text

    fragment = client.post(f"/chat/turns/{first.pk}/show/", headers={"HX-Request": "true"})

    assert fragment.text.lstrip().startswith('<div id="turns"')
    assert "Two." in fragment.text
    assert "1 / 2" in fragment.text
    conversation.refresh_from_db()
    assert conversation.leaf == follower
    assert client.post(f"/chat/turns/{first.pk}/show/").url.endswith(f"#turn-{first.pk}")


def test_strangers_find_no_turn_and_nobody_is_sent_to_sign_in(make_turn, stranger, client_of):
    turn = make_turn()
    for path in ("again/", "edit/", "stop/", "show/"):
        assert client_of(stranger).post(f"/chat/turns/{turn.pk}/{path}").status_code == 404
        assert Client().post(f"/chat/turns/{turn.pk}/{path}").status_code == 302
        assert client_of(stranger).get(f"/chat/turns/{turn.pk}/{path}").status_code == 405
