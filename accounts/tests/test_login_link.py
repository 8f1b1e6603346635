from __future__ import annotations

from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command


def login_link(email: str) -> str:
    out = StringIO()
    call_command("login_link", email, stdout=out)
    return out.getvalue()


def test_it_prints_one_address_that_signs_in(alice, client):
    printed = login_link("alice@example.org")

    assert printed.count("\n") == 1
    parts = urlsplit(printed.strip())
    assert client.get(f"{parts.path}?{parts.query}").status_code == 302
    assert client.get("/").status_code == 200


def test_it_starts_with_the_site_url(alice, settings):
    settings.SITE_URL = "https://review.example.org"

    assert login_link("alice@example.org").startswith("https://review.example.org/accounts/sign-in/link/?")


def test_case_of_the_address_does_not_matter(alice):
    assert login_link("Alice@Example.ORG").startswith("http")


def test_nobody_by_that_address(db):
    with pytest.raises(CommandError, match="Nobody here has the e-mail zoe@example.org.*create_user"):
        login_link("zoe@example.org")


def test_person_who_may_not_sign_in(alice):
    alice.is_active = False
    alice.save(update_fields=["is_active"])

    with pytest.raises(CommandError, match="may not sign in"):
        login_link("alice@example.org")
