from __future__ import annotations

import time

import pytest
from django.contrib.auth import get_user
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from accounts.throttle import MAX_FAILURES, WINDOW_S

PASSWORD = "a long enough secret"
WRONG = "These are not the words"


@pytest.fixture
def erin(db, settings) -> User:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    return User.objects.create_user("erin@example.org", name="Erin Vale", password=PASSWORD)


def sign_in(client: Client, password: str, *, email: str = "erin@example.org", **extra: str):
    return client.post("/accounts/sign-in/", {"username": email, "password": password, **extra})


def test_page_asks_for_address_and_password(client, db):
    response = client.get("/accounts/sign-in/")

    assert response.status_code == 200
    assert b'autocomplete="username"' in response.content


def test_password_signs_in(client, erin):
    response = sign_in(client, PASSWORD)

    assert (response.status_code, response.url) == (302, "/")
    assert get_user(client) == erin


def test_case_of_the_address_does_not_matter(client, erin):
    assert sign_in(client, PASSWORD, email="Erin@Example.org").status_code == 302


def test_person_goes_on_to_where_they_wanted(client, erin):
    assert sign_in(client, PASSWORD, next="/traces/").url == "/traces/"


def test_nobody_is_sent_to_another_site(client, erin):
    assert sign_in(client, PASSWORD, next="https://evil.example/").url == "/"


@pytest.mark.parametrize("email", ["erin@example.org", "nobody@example.org"])
def test_wrong_password_and_unknown_person_read_the_same(client, erin, email):
    response = sign_in(client, WRONG, email=email)

    assert response.status_code == 422
    assert "do not go together" in response.text
    assert not get_user(client).is_authenticated


def test_person_without_a_password_cannot_guess_one(client, alice):
    assert sign_in(client, "", email=alice.email).status_code == 422
    assert sign_in(client, "!", email=alice.email).status_code == 422


def test_person_who_may_not_sign_in(client, erin):
    erin.is_active = False
    erin.save(update_fields=["is_active"])

    assert sign_in(client, PASSWORD).status_code == 422


def test_switching_a_person_off_ends_their_session(client, erin):
    sign_in(client, PASSWORD)
    erin.is_active = False
    erin.save(update_fields=["is_active"])

    assert client.get("/").status_code == 302


def test_missing_fields_are_named(client, erin):
    response = client.post("/accounts/sign-in/", {})

    assert response.status_code == 422
    assert response.text.count("This field is required.") == 2


def test_who_is_signed_in_goes_home(client_of, alice):
    assert client_of(alice).get("/accounts/sign-in/").url == "/"


def test_forged_form_is_refused(erin):
    client = Client(enforce_csrf_checks=True)

    assert sign_in(client, PASSWORD).status_code == 403


def test_form_of_the_page_passes(erin):
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/sign-in/")

    assert sign_in(client, PASSWORD, csrfmiddlewaretoken=client.cookies["csrftoken"].value).status_code == 302


def test_too_many_wrong_passwords_stop_the_right_one_too(client, erin):
    for _ in range(MAX_FAILURES):
        assert "do not go together" in sign_in(client, WRONG).text

    response = sign_in(client, PASSWORD)

    assert response.status_code == 422
    assert "Too many wrong passwords" in response.text


def test_throttle_is_of_one_address_only(client, erin):
    for _ in range(MAX_FAILURES):
        sign_in(client, WRONG)

    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere, PASSWORD).status_code == 302


def test_throttle_is_of_one_person_only(client, erin):
    User.objects.create_user("finn@example.org", password=PASSWORD)
    for _ in range(MAX_FAILURES):
        sign_in(client, WRONG)

    assert sign_in(client, PASSWORD, email="finn@example.org").status_code == 302


def test_right_password_starts_the_count_anew(client, erin):
    for _ in range(MAX_FAILURES - 1):
        sign_in(client, WRONG)
    sign_in(client, PASSWORD)
    client.logout()

    assert "do not go together" in sign_in(client, WRONG).text
    assert sign_in(client, PASSWORD).status_code == 302


def test_empty_password_does_not_start_the_count_anew(client, erin):
    for _ in range(MAX_FAILURES):
        sign_in(client, WRONG)
    sign_in(client, "")

    assert "Too many wrong passwords" in sign_in(client, PASSWORD).text


def test_throttle_ends(client, erin, monkeypatch):
    for _ in range(MAX_FAILURES):
        sign_in(client, WRONG)
    later = time.time() + WINDOW_S + 1
    monkeypatch.setattr("time.time", lambda: later)

    assert sign_in(client, PASSWORD).status_code == 302
