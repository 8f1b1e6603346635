"""Publishable keys on their pages."""

from __future__ import annotations

import pytest

from traces.feedback.models import PublishableKey
from traces.feedback.origins import allows, origin_from

KEYS = "/settings/feedback/"


@pytest.fixture
def form(shop) -> dict:
    return {
        "name": "Help pages", "experiment": shop.pk, "origins": "https://Help.example.org/path\nhttp://localhost:3000",
        "per_minute": 100, "per_address_minute": 5,
    }  # fmt: skip


def test_a_manager_makes_a_key_and_gets_the_lines_to_copy(client_of, mallory, form):
    client = client_of(mallory, enforce_csrf_checks=False)
    assert "New key" in client.get(KEYS).content.decode()
    answer = client.post(f"{KEYS}new/", form)
    made = PublishableKey.objects.get()
    assert answer.url == f"{KEYS}{made.pk}/"
    assert made.origins == ["https://help.example.org", "http://localhost:3000"]
    assert made.created_by == mallory
    page = client.get(answer.url).content.decode()
    assert f"/widget/feedback.js&quot; data-key=&quot;{made.key}" in page.replace('"', "&quot;")
    assert "sha384-" in page
    assert made.key.startswith("pk_")


def test_the_form_needs_its_token(client_of, mallory, form):
    assert client_of(mallory, enforce_csrf_checks=True).post(f"{KEYS}new/", form).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"origins": ""}, "This field is required"),
        ({"origins": "app.example.org"}, "“app.example.org” is no origin"),
        ({"origins": "https://a.example ftp://b.example"}, "“ftp://b.example” is no origin"),
        ({"origins": "https://a.*.example"}, "is no origin"),
        ({"origins": "https://a.example:99999"}, "is no origin"),
        ({"origins": " ".join(f"https://a{n}.example" for n in range(51))}, "At most 50"),
        ({"per_minute": 0}, "At least 1"),
        ({"experiment": 999_999}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said(client_of, mallory, form, wrong, words):
    answer = client_of(mallory).post(f"{KEYS}new/", {**form, **wrong})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not PublishableKey.objects.exists()


def test_a_key_is_changed_but_its_experiment_stays(client_of, mallory, form, pk, shop):
    answer = client_of(mallory).post(f"{KEYS}{pk.pk}/change/", {**form, "experiment": 0}, follow=True)
    assert "Saved." in answer.content.decode()
    pk.refresh_from_db()
    assert (pk.name, pk.experiment, pk.per_minute) == ("Help pages", shop, 100)
    assert client_of(mallory).post(f"{KEYS}{pk.pk}/change/", {**form, "name": ""}).status_code == 422


def test_a_key_is_revoked_and_replaced(client_of, mallory, pk):
    client = client_of(mallory)
    answer = client.post(f"{KEYS}{pk.pk}/rotate/", follow=True)
    assert "This is the new key" in answer.content.decode()
    new = PublishableKey.objects.exclude(pk=pk.pk).get()
    assert (new.origins, new.experiment, new.ends_at) == (pk.origins, pk.experiment, None)
    assert "ends in" in client.get(KEYS).content.decode()
    client.post(f"{KEYS}{pk.pk}/revoke/")
    pk.refresh_from_db()
    assert not pk.is_usable
    assert "revoked" in client.get(KEYS).content.decode()


def test_developers_read_keys_and_change_none(client_of, dana, pk, form):
    client = client_of(dana)
    assert pk.key in client.get(KEYS).content.decode()
    page = client.get(f"{KEYS}{pk.pk}/").content.decode()
    assert "Revoke" not in page
    assert client.get(f"{KEYS}new/").status_code == 403
    for path in ("new/", f"{pk.pk}/change/", f"{pk.pk}/revoke/", f"{pk.pk}/rotate/"):
        assert client.post(f"{KEYS}{path}", form).status_code == 403
    pk.refresh_from_db()
    assert pk.is_usable and PublishableKey.objects.count() == 1


def test_to_experts_the_pages_do_not_exist(client_of, alice, pk, form):
    client = client_of(alice)
    for path in ("", "new/", f"{pk.pk}/"):
        assert client.get(f"{KEYS}{path}").status_code == 404
    for path in ("new/", f"{pk.pk}/change/", f"{pk.pk}/revoke/", f"{pk.pk}/rotate/"):
        assert client.post(f"{KEYS}{path}", form).status_code == 404
    assert client_of(alice).get(f"{KEYS}999/").status_code == 404


def test_nobody_is_sent_to_sign_in(client, pk):
    for path in ("", "new/", f"{pk.pk}/"):
        assert client.get(f"{KEYS}{path}").url.startswith("/accounts/sign-in/")


def test_a_key_that_is_not_there_is_404(client_of, mallory, db):
    assert client_of(mallory).get(f"{KEYS}999/").status_code == 404


def test_revoking_and_replacing_by_get_are_refused(client_of, mallory, pk):
    for deed in ("revoke", "rotate", "change"):
        assert client_of(mallory).get(f"{KEYS}{pk.pk}/{deed}/").status_code == 405


def test_the_list_has_as_many_queries_for_many(client_of, dana, shop, django_assert_num_queries):
    client = client_of(dana)
    for n in range(5):
        PublishableKey.objects.create(experiment=shop, name=f"App {n}", origins=["*"])
    with django_assert_num_queries(2):  # user, keys
        client.get(KEYS)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://App.Example.org:443/a?b#c", "https://app.example.org"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:3000/", "http://[::1]:3000"),
        ("https://*.example.org", "https://*.example.org"),
        (" * ", "*"),
    ],
)
def test_an_address_is_cut_to_its_origin(text, origin):
    assert origin_from(text) == origin


@pytest.mark.parametrize("text", ["", "null", "https://", "https://u@a.example", "javascript:1", "https://exämple.org"])
def test_what_is_no_origin(text):
    with pytest.raises(ValueError):
        origin_from(text)


@pytest.mark.parametrize(
    ("known", "origin", "answer"),
    [
        ("https://*.example.org", "https://a.example.org", True),
        ("https://*.example.org", "https://a.b.example.org", True),
        ("https://*.example.org", "https://example.org", False),
        ("https://*.example.org", "https://.example.org", False),
        ("https://*.example.org", "http://a.example.org", False),
        ("https://*.example.org", "https://evil.com/.example.org", False),
        ("https://*.example.org", "https://aexample.org", False),
        ("https://*.example.org", "https://a.example.org:8443", False),
        ("https://a.example", "https://A.example", True),
        ("*", "null", True),
    ],
)
def test_which_origins_are_allowed(known, origin, answer):
    assert allows([known], origin) is answer
