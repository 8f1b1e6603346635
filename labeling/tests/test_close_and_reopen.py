from __future__ import annotations

import pytest
from django.test import Client


@pytest.fixture
def csrf_client(mallory, client_of):
    """Mallory, with a browser that has to send the token of the page."""
    return client_of(mallory, enforce_csrf_checks=True)


def token_of(client: Client, address: str) -> str:
    client.get(address)
    return client.cookies["csrftoken"].value


def test_a_manager_closes_and_reopens_by_plain_forms(session, csrf_client):
    page = f"/labeling/sessions/{session.pk}/"
    token = token_of(csrf_client, page)

    response = csrf_client.post(f"{page}close/", {"csrfmiddlewaretoken": token}, follow=True)

    session.refresh_from_db()
    assert session.state == "closed"
    assert response.redirect_chain == [(page, 302)]
    assert "The session is closed" in response.text
    csrf_client.post(f"{page}reopen/", {"csrfmiddlewaretoken": token})
    session.refresh_from_db()
    assert session.state == "open"


def test_the_page_offers_what_can_be_done(make_session, alice, mallory, client_of):
    client = client_of(mallory)
    session = make_session(alice, is_open=False)
    page = f"/labeling/sessions/{session.pk}/"

    assert "/close/" not in client.get(page).text
    assert "Finish the set-up" in client.get(page).text
    session.open()
    assert f'action="{page}close/"' in client.get(page).text
    session.close()
    assert f'action="{page}reopen/"' in client.get(page).text


def test_a_form_without_a_token_changes_nothing(session, csrf_client):
    response = csrf_client.post(f"/labeling/sessions/{session.pk}/close/")

    assert response.status_code == 403
    session.refresh_from_db()
    assert session.is_open


def test_closing_twice_is_closing_once(session, mallory, client_of):
    client = client_of(mallory)
    client.post(f"/labeling/sessions/{session.pk}/close/")
    session.refresh_from_db()
    closed_at = session.closed_at

    assert client.post(f"/labeling/sessions/{session.pk}/close/").status_code == 302
    session.refresh_from_db()
    assert session.closed_at == closed_at


@pytest.mark.parametrize("deed", ["close", "reopen"])
def test_experts_may_not(deed, session, alice, charlie, client_of):
    assert client_of(charlie).post(f"/labeling/sessions/{session.pk}/{deed}/").status_code == 404
    assert client_of(alice).post(f"/labeling/sessions/{session.pk}/{deed}/").status_code == 403
    session.refresh_from_db()
    assert session.is_open


@pytest.mark.parametrize("deed", ["close", "reopen"])
def test_a_link_does_not_do_it(deed, session, mallory, client_of):
    assert client_of(mallory).get(f"/labeling/sessions/{session.pk}/{deed}/").status_code == 405


@pytest.mark.parametrize("deed", ["close", "reopen"])
def test_nobody_is_sent_to_sign_in(deed, session):
    assert Client().post(f"/labeling/sessions/{session.pk}/{deed}/").url.startswith("/accounts/sign-in/")
