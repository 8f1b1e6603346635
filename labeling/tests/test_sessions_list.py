from __future__ import annotations

from django.test import Client

from labeling.views import sessions


def test_open_ones_come_first_then_drafts_then_closed_ones(make_session, alice, mallory, client_of):
    for name, state in [("Closed one", "closed"), ("Open one", "open"), ("Draft one", "draft")]:
        session = make_session(alice, is_open=False)
        session.name, session.state = name, state
        session.save()

    text = client_of(mallory).get("/labeling/sessions/").text

    assert text.index("Open one") < text.index("Draft one") < text.index("Closed one")


def test_without_sessions_it_teaches_what_one_is(mallory, client_of):
    text = client_of(mallory).get("/labeling/sessions/").text

    assert "No sessions yet" in text
    assert "New session" in text


def test_a_long_list_has_pages(make_session, alice, mallory, client_of, monkeypatch):
    monkeypatch.setattr(sessions, "PAGE", 2)
    for _ in range(3):
        make_session(alice, items=1)
    client = client_of(mallory)

    assert client.get("/labeling/sessions/").text.count('class="run"') == 2
    assert client.get("/labeling/sessions/?page=2").text.count('class="run"') == 1
    assert client.get("/labeling/sessions/?page=nonsense").status_code == 200


def test_queries_do_not_grow_with_sessions(make_session, alice, mallory, client_of, django_assert_num_queries):
    client = client_of(mallory)
    make_session(alice)
    with django_assert_num_queries(5):
        client.get("/labeling/sessions/")
    for _ in range(5):
        make_session(alice)

    with django_assert_num_queries(5):
        client.get("/labeling/sessions/")


def test_it_is_for_managers(alice, dana, client_of):
    assert client_of(alice).get("/labeling/sessions/").status_code == 404
    assert client_of(dana).get("/labeling/sessions/").status_code == 404


def test_nobody_is_sent_to_sign_in(db):
    assert Client().get("/labeling/sessions/").status_code == 302


def test_it_is_only_read(mallory, client_of):
    assert client_of(mallory).post("/labeling/sessions/").status_code == 405
