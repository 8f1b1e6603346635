"""A person's own API tokens, on their page."""

from __future__ import annotations

import re

import pytest
from django.test import RequestFactory

from accounts.forms import MOST_TOKENS
from accounts.models import ApiToken
from accounts.token_sign_in import user_of_token

TOKENS = "/accounts/tokens/"


def secrets_in(page: str) -> set[str]:
    return set(re.findall(r"ra_[\w-]{20,}", page))


def test_a_new_token_is_shown_once_and_lets_its_person_in(client_of, dana):
    client = client_of(dana)

    answer = client.post(TOKENS, {"name": "Nightly evaluation"})

    (secret,) = secrets_in(answer.content.decode())
    assert user_of_token(RequestFactory().get("/", headers={"authorization": f"Bearer {secret}"})) == dana
    assert "no-store" in answer.headers["Cache-Control"]
    later = client.get(TOKENS).content.decode()
    assert "Nightly evaluation" in later
    assert not secrets_in(later)


def test_the_lines_that_need_it_name_this_server(client_of, dana, settings):
    settings.SITE_URL = "https://review.example.org"

    page = client_of(dana).post(TOKENS, {"name": "import"}).content.decode()

    assert "MLFLOW_TRACKING_URI=https://review.example.org MLFLOW_TRACKING_TOKEN=ra_" in page
    assert "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://review.example.org/v1/traces" in page


@pytest.mark.parametrize(("name", "says"), [("", "Name the program"), ("x" * 101, "at most 100 characters")])
def test_without_a_proper_name_none_is_made(client_of, dana, name, says):
    answer = client_of(dana).post(TOKENS, {"name": name})

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_nobody_has_tokens_without_end(client_of, dana):
    for n in range(MOST_TOKENS):
        ApiToken.objects.issue(user=dana, name=str(n))

    answer = client_of(dana).post(TOKENS, {"name": "one more"})

    assert answer.status_code == 422
    assert "Revoke one that is not used any more." in answer.content.decode()
    assert ApiToken.objects.count() == MOST_TOKENS


def test_a_revoked_token_is_gone(client_of, dana):
    ApiToken.objects.issue(user=dana, name="import")
    client = client_of(dana)

    answer = client.post(f"{TOKENS}{ApiToken.objects.get().pk}/revoke/", follow=True)

    assert "Revoked: programs that use import" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_another_persons_token_is_not_there(client_of, dana, bob):
    ApiToken.objects.issue(user=bob, name="of-bob")
    client = client_of(dana)

    assert "of-bob" not in client.get(TOKENS).content.decode()
    assert client.post(f"{TOKENS}{ApiToken.objects.get().pk}/revoke/").status_code == 404
    assert ApiToken.objects.exists()


def test_an_expert_has_no_such_page_and_nobody_else_either(client, client_of, alice):
    assert client_of(alice).get(TOKENS).status_code == 404
    assert client_of(alice).post(TOKENS, {"name": "mine"}).status_code == 404
    assert client.get(TOKENS).url.startswith("/accounts/sign-in/")
    assert not ApiToken.objects.exists()


def test_a_token_is_no_way_to_another_token(client, dana):
    secret = ApiToken.objects.issue(user=dana)

    assert client.post(TOKENS, {"name": "x"}, headers={"authorization": f"Bearer {secret}"}).status_code == 302
    assert ApiToken.objects.count() == 1
