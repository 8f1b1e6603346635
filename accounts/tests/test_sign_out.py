from __future__ import annotations

from django.contrib.auth import get_user


def test_button_signs_out(client_of, alice):
    client = client_of(alice)

    assert client.post("/accounts/sign-out/").url == "/accounts/sign-in/"
    assert not get_user(client).is_authenticated


def test_forged_form_is_refused(client_of, alice):
    client = client_of(alice, enforce_csrf_checks=True)

    assert client.post("/accounts/sign-out/").status_code == 403
    assert get_user(client) == alice


def test_link_to_it_does_nothing(client_of, alice):
    client = client_of(alice)

    assert client.get("/accounts/sign-out/").status_code == 405
    assert get_user(client) == alice
