from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from reviewapp.urls import handler400  # noqa: F401 - Django looks for it here
from reviewapp.urls import urlpatterns as real_urlpatterns


def break_down(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


def forbid(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def suspect(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation


def send_what_no_database_holds(request: HttpRequest) -> HttpResponse:
    raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")


urlpatterns = [
    *real_urlpatterns,
    path("broken/", break_down),
    path("forbidden/", forbid),
    path("suspicious/", suspect),
    path("unstorable/", send_what_no_database_holds),
]
pytestmark = pytest.mark.urls(__name__)


def test_a_wrong_address_says_who_is_signed_in(alice, client_of):
    response = client_of(alice).get("/no-such-page/")

    assert response.status_code == 404
    assert "This page can’t be found" in response.text
    assert "alice@example.org" in response.text


def test_a_wrong_address_offers_sign_in_to_nobody_in_particular(db, client):
    response = client.get("/no-such-page/")

    assert response.status_code == 404
    assert 'href="/accounts/sign-in/"' in response.text


def test_an_address_for_forms_says_so_to_a_browser(mallory, client_of):
    response = client_of(mallory).get("/traces/tag/", headers={"accept": "text/html,*/*"})

    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "It only takes what a form sends" in response.text


def test_a_program_is_told_in_few_words_that_the_method_is_wrong(db, client):
    response = client.get("/v1/traces", headers={"accept": "*/*"})

    assert (response.status_code, response.text) == (405, "")


def test_forbidden_says_that_nothing_was_changed(dana, client_of):
    response = client_of(dana).get("/forbidden/")

    assert response.status_code == 403
    assert "Nothing was changed" in response.text


def test_a_form_without_its_token_says_how_to_send_it_again(db):
    response = Client(enforce_csrf_checks=True).post("/accounts/sign-in/", {"username": "a", "password": "b"})

    assert response.status_code == 403
    assert "Please send it again" in response.text


def test_a_breakdown_is_drawn_without_any_context(db):
    client = Client(raise_request_exception=False)

    response = client.get("/broken/")

    assert response.status_code == 500
    assert "what you were doing and when" in response.text
    assert "broken on purpose" not in response.text


def test_a_suspicious_request_is_told_so(db, client):
    response = client.get("/suspicious/")

    assert response.status_code == 400
    assert "could not be read" in response.text


def test_a_form_that_is_too_big_says_so(mallory, client_of, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = client_of(mallory).post("/labeling/questions/new/", {"title": "x" * 2000})

    assert response.status_code == 413
    assert "That was too much at once" in response.text


@pytest.mark.parametrize("address", ["/broken/", "/suspicious/", "/forbidden/", "/no-such-page/"])
def test_error_pages_need_no_inline_style_or_script(db, address):
    html = Client(raise_request_exception=False).get(address).text

    assert "<style" not in html
    assert "style=" not in html


def test_what_no_database_holds_is_400_and_no_fault_of_ours(alice, client_of):
    response = client_of(alice).get("/unstorable/")

    assert response.status_code == 400
    assert "That was not understood" in response.text


@pytest.mark.parametrize(
    "address",
    [
        "/traces/%00/",
        "/traces/?after=2026-01-01T00:00:00Z,%00",
        "/labeling/questions/?q=%00",
        "/labeling/questions/%00/",
    ],
)
def test_nul_in_an_address_breaks_nothing(mallory, client_of, address):
    assert client_of(mallory).get(address).status_code < 500
