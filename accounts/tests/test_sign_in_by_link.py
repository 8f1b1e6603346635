from __future__ import annotations

import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user

from accounts.sign_in_links import sign_in_link


@pytest.fixture
def link(alice) -> str:
    parts = urlsplit(sign_in_link(alice))
    return f"{parts.path}?{parts.query}"


def test_link_signs_in_and_leads_home(client, alice, link):
    response = client.get(link)

    assert (response.status_code, response.url) == (302, "/")
    assert get_user(client) == alice


def test_link_leads_on(client, link):
    assert client.get(f"{link}&next=/traces/").url == "/traces/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_link_leads_to_no_other_site(client, link, target):
    assert client.get(link, query_params={"sesame": link.partition("sesame=")[2], "next": target}).url == "/"


def test_used_link_says_so(client, link):
    client.get(link)
    client.logout()

    response = client.get(link)

    assert response.status_code == 403
    assert "This link no longer works" in response.text
    assert not get_user(client).is_authenticated


def test_old_link_says_so(client, link, settings, monkeypatch):
    later = time.time() + timedelta(seconds=settings.SESAME_MAX_AGE).total_seconds() + 1
    monkeypatch.setattr("time.time", lambda: later)

    assert client.get(link).status_code == 403


@pytest.mark.parametrize("query", ["", "?sesame=", "?sesame=nonsense", "?sesame=%00", "?sesame=" + "A" * 5000])
def test_nonsense_signs_nobody_in(client, db, query):
    assert client.get(f"/accounts/sign-in/link/{query}").status_code == 403


def test_link_checkers_do_not_use_it_up(client, link):
    assert client.head(link).status_code == 405

    assert client.get(link).status_code == 302


@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip"])
def test_prefetching_browsers_do_not_use_it_up(client, link, purpose):
    assert client.get(link, headers={"sec-purpose": purpose}).status_code == 503

    assert client.get(link).status_code == 302


def test_link_of_a_person_who_may_not_sign_in(client, alice, link):
    alice.is_active = False
    alice.save(update_fields=["is_active"])

    assert client.get(link).status_code == 403


def test_link_is_never_kept_by_caches(client, link):
    assert "no-store" in client.get(link)["Cache-Control"]


def test_wrong_method(client, link):
    assert client.post(link).status_code == 405
