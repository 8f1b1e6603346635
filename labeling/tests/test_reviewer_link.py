from __future__ import annotations

import html
import re

from django.test import Client


def link_in(response) -> str:
    return html.unescape(re.search(r'value="(http[^"]+sesame[^"]+)"', response.text).group(1))


def test_the_link_signs_the_reviewer_in_and_leads_to_the_session(session, alice, mallory, client_of, client):
    response = client_of(mallory).post(f"/labeling/sessions/{session.pk}/people/{alice.pk}/link/")

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    arrived = client.get(link_in(response).removeprefix("http://127.0.0.1:8000"))
    assert arrived.url == f"/labeling/sessions/{session.pk}/review/"
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_the_form_on_the_page_sends_its_token(session, alice, mallory, client_of):
    client = client_of(mallory, enforce_csrf_checks=True)
    page = client.get(f"/labeling/sessions/{session.pk}/").text
    form = re.search(rf'action="[^"]+/people/{alice.pk}/link/".*?</form>', page, re.S).group(0)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form).group(1)

    address = f"/labeling/sessions/{session.pk}/people/{alice.pk}/link/"

    assert client.post(address, {"csrfmiddlewaretoken": token}).status_code == 200
    assert client.post(address).status_code == 403


def test_the_form_in_the_redrawn_part_sends_its_token_too(session, alice, mallory, client_of):
    client = client_of(mallory, enforce_csrf_checks=True)
    part = client.get(f"/labeling/sessions/{session.pk}/overview/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', part).group(1)

    answer = client.post(f"/labeling/sessions/{session.pk}/people/{alice.pk}/link/", {"csrfmiddlewaretoken": token})

    assert answer.status_code == 200


def test_htmx_gets_only_the_link(session, alice, mallory, client_of):
    response = client_of(mallory).post(
        f"/labeling/sessions/{session.pk}/people/{alice.pk}/link/", headers={"hx-request": "true"}
    )

    assert response.text.strip().startswith('<section class="notice stack" id="reviewer-link"')
    assert link_in(response)


def test_there_are_links_for_reviewers_of_this_session_only(session, charlie, mallory, client_of):
    response = client_of(mallory).post(f"/labeling/sessions/{session.pk}/people/{charlie.pk}/link/")

    assert response.status_code == 404


def test_who_may_not_sign_in_gets_no_link(session, alice, mallory, client_of):
    alice.is_active = False
    alice.save()

    assert client_of(mallory).post(f"/labeling/sessions/{session.pk}/people/{alice.pk}/link/").status_code == 404


def test_experts_get_no_links(session, alice, bob, charlie, client_of):
    assert client_of(bob).post(f"/labeling/sessions/{session.pk}/people/{alice.pk}/link/").status_code == 403
    assert client_of(charlie).post(f"/labeling/sessions/{session.pk}/people/{alice.pk}/link/").status_code == 404


def test_a_link_is_made_only_when_asked_for(session, alice, mallory, client_of):
    assert client_of(mallory).get(f"/labeling/sessions/{session.pk}/people/{alice.pk}/link/").status_code == 405


def test_nobody_is_sent_to_sign_in(session, alice):
    response = Client().post(f"/labeling/sessions/{session.pk}/people/{alice.pk}/link/")

    assert response.url.startswith("/accounts/sign-in/")


def test_a_manager_cannot_become_somebody_with_more_rights(session, alice, dana, mallory, client_of):
    session.set_reviewers([alice, dana])
    manager = client_of(mallory)
    assert manager.post(f"/labeling/sessions/{session.pk}/people/{dana.pk}/link/").status_code == 404
    assert f"people/{dana.pk}/link/" not in manager.get(f"/labeling/sessions/{session.pk}/").text
