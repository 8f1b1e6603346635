from __future__ import annotations

from urllib.parse import urlsplit

from accounts.sign_in_links import sign_in_link


def path_of(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def test_link_signs_the_person_in_once(alice, client):
    path = path_of(sign_in_link(alice))

    assert client.get(path).status_code == 302
    assert client.session["_auth_user_id"] == str(alice.pk)
    client.logout()
    assert client.get(path).status_code == 403


def test_link_leads_to_the_page_it_was_made_for(alice, client):
    response = client.get(path_of(sign_in_link(alice, leads_to="/labeling/sessions/?a=1&b=2")))

    assert response.url == "/labeling/sessions/?a=1&b=2"


def test_link_starts_with_the_address_the_world_knows(alice, settings):
    settings.SITE_URL = "https://review.example.org"

    assert sign_in_link(alice).startswith("https://review.example.org/accounts/sign-in/link/?sesame=")
