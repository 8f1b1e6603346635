"""Who may chat."""

from __future__ import annotations

import pytest
from django.test import Client

from chat.access import endpoints_for
from chat.models import Endpoint
from chat.tests.filling import HTMX


@pytest.fixture
def manager(mallory, client_of) -> Client:
    return client_of(mallory)


def at(endpoint: Endpoint, rest: str) -> str:
    return f"/chat/endpoints/{endpoint.pk}/{rest}"


def test_person_is_let_in_by_a_plain_form(endpoint, bob, mallory, client_of):
    client = client_of(mallory, enforce_csrf_checks=True)
    client.get(at(endpoint, ""))
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    answer = client.post(at(endpoint, "people/add/"), {"email": bob.email, **token})
    assert answer.url == at(endpoint, "#part-people")
    assert endpoint in endpoints_for(bob)


def test_person_is_let_in_and_out_as_a_fragment(endpoint, bob, manager):
    answer = manager.post(at(endpoint, "people/add/"), {"email": bob.email}, headers=HTMX)
    assert answer.text.strip().startswith('<div class="stack" id="chatters"')
    assert "Bob Okafor" in answer.text
    answer = manager.post(at(endpoint, "people/remove/"), {"email": bob.email}, headers=HTMX)
    assert "Take Bob Okafor out" not in answer.text
    assert endpoint not in endpoints_for(bob)


def test_unknown_or_inactive_person_is_not_let_in(endpoint, bob, manager):
    bob.is_active = False
    bob.save()
    for email in ("nobody@example.org", bob.email, ""):
        assert manager.post(at(endpoint, "people/add/"), {"email": email}).status_code == 404


def test_everybody_is_let_in_and_the_chosen_are_remembered(endpoint, alice, bob, manager):
    manager.post(at(endpoint, "audience/"), {"audience": "everybody"}, headers=HTMX)
    assert endpoint in endpoints_for(bob)
    answer = manager.post(at(endpoint, "audience/"), {"audience": "chosen"}, headers=HTMX)
    assert endpoint not in endpoints_for(bob)
    assert endpoint in endpoints_for(alice)
    assert "Alice Weber" in answer.text


def test_people_are_found_by_name_or_mail_who_are_not_in(endpoint, alice, bob, manager):
    found = manager.get(at(endpoint, "people/find/?person=example.org"), headers=HTMX).text
    assert "Bob Okafor" in found
    assert "Alice Weber" not in found
    assert "Nobody is called so." in manager.get(at(endpoint, "people/find/?person=xyz")).text
    assert "Bob Okafor" in manager.get(at(endpoint, "?person=bob")).text  # without scripts
