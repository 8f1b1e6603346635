"""Set-up, part 3: who answers."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from accounts.models import User
from labeling.models import LabelingSession

HTMX = {"HX-Request": "true"}


@pytest.fixture
def draft(make_session, alice) -> LabelingSession:
    return make_session(alice, is_open=False)


@pytest.fixture
def manager(mallory, client_of) -> Client:
    return client_of(mallory)


def url_of(session: LabelingSession, rest: str) -> str:
    return f"/labeling/sessions/{session.pk}/setup/{rest}"


def names_in(session: LabelingSession) -> list[str]:
    return [user.email.partition("@")[0] for user in session.people.order_by("email")]


def test_somebody_is_added_and_taken_out_by_plain_forms(draft, bob, mallory, client_of):
    client = client_of(mallory, enforce_csrf_checks=True)
    client.get(url_of(draft, ""))
    token = client.cookies["csrftoken"].value
    answer = client.post(url_of(draft, "people/add/"), {"email": bob.email, "csrfmiddlewaretoken": token})
    assert answer.url == url_of(draft, "#part-people")
    assert names_in(draft) == ["alice", "bob"]
    client.post(url_of(draft, "people/remove/"), {"email": bob.email, "csrfmiddlewaretoken": token})
    assert names_in(draft) == ["alice"]


def test_htmx_gets_the_people_and_the_preview_hears_of_it(draft, bob, manager):
    answer = manager.post(url_of(draft, "people/add/"), {"email": bob.email}, headers=HTMX)
    assert answer.text.strip().startswith('<div class="stack" id="reviewers"')
    assert "Bob Okafor" in answer.text
    assert "session:changed" in answer.headers["HX-Trigger"]


def test_nobody_unknown_or_barred_is_added(draft, bob, manager):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert manager.post(url_of(draft, "people/add/"), {"email": bob.email}).status_code == 404
    assert manager.post(url_of(draft, "people/add/"), {"email": "nobody@example.org"}).status_code == 404
    assert names_in(draft) == ["alice"]


def test_search_finds_by_name_and_mail_and_leaves_out_who_is_in(draft, bob, charlie, manager):
    assert "Bob Okafor" in manager.get(url_of(draft, "people/find/?person=oka")).text
    assert "Bob Okafor" in manager.get(url_of(draft, "people/find/?person=bob@exa")).text
    assert "Alice Weber" not in manager.get(url_of(draft, "people/find/")).text
    assert "Nobody is called so." in manager.get(url_of(draft, "people/find/?person=zoe")).text


def test_search_works_as_a_plain_form(draft, bob, charlie, manager):
    page = manager.get(url_of(draft, "?person=oka"))
    assert [user.name for user in page.context["page"].candidates] == ["Bob Okafor"]


def link_in(text: str) -> str:
    found = re.search(r'readonly value="([^"]+)"', text)
    assert found
    return unescape(found[1])


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_somebody_new_gets_a_link_that_signs_them_in(draft, manager, client, headers):
    data = {"name": "Nina Ruiz", "email": " Nina@Example.org "}
    answer = manager.post(url_of(draft, "people/invite/"), data, headers=headers)
    nina = User.objects.get(email="nina@example.org")
    assert answer.status_code == 200
    assert (nina.name, nina.role, nina.has_usable_password()) == ("Nina Ruiz", "expert", False)
    assert names_in(draft) == ["alice", "nina"]

    path = link_in(answer.text).partition("//")[2].partition("/")[2]
    arrived = client.get(f"/{path}")
    assert arrived.url == f"/labeling/sessions/{draft.pk}/review/"
    assert client.session["_auth_user_id"] == str(nina.pk)


@pytest.mark.parametrize("person", ["dana", "mallory"])
def test_inviting_somebody_with_more_rights_adds_them_without_a_link(draft, manager, person, request):
    user = request.getfixturevalue(person)
    answer = manager.post(url_of(draft, "people/invite/"), {"name": "X", "email": user.email})
    assert "sesame" not in answer.text
    assert user in draft.people.all()
    user.refresh_from_db()
    assert user.name != "X"


def test_a_link_is_made_again_only_for_who_has_no_password(draft, alice, bob, manager):
    assert "sesame" in manager.post(url_of(draft, "people/link/"), {"email": alice.email}).text
    alice.set_password("a long enough secret")
    alice.save()
    assert "sesame" not in manager.post(url_of(draft, "people/link/"), {"email": alice.email}).text
    assert manager.post(url_of(draft, "people/link/"), {"email": bob.email}).status_code == 404


def test_a_wrong_address_is_refused_and_given_back(draft, manager):
    answer = manager.post(url_of(draft, "people/invite/"), {"name": "Nina", "email": "nina at home"})
    assert answer.status_code == 422
    assert "Enter a valid email address." in answer.text
    assert 'value="nina at home"' in answer.text


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"how_many": "2"}, 2),
        ({"how_many": "other", "number": "5"}, 5),
        ({"how_many": "all", "number": "5"}, None),
    ],
)
def test_rule_is_kept(draft, manager, fields, expected):
    answer = manager.post(url_of(draft, "rule/"), {**fields, "sight": "open"})
    assert answer.url == url_of(draft, "#part-rule")
    draft.refresh_from_db()
    assert (draft.reviews_per_item, draft.is_blind) == (expected, False)


def test_rule_of_an_open_session_changes_what_items_need(session, manager):
    manager.post(url_of(session, "rule/"), {"how_many": "all", "sight": "blind"}, headers=HTMX)
    assert set(session.items.values_list("needs", flat=True)) == {2}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"how_many": "other", "number": ""}, "Say how many reviews each item gets."),
        ({"how_many": "other", "number": "0"}, "greater than or equal to 1"),
        ({"how_many": "other", "number": "9999"}, "less than or equal to 50"),
    ],
)
def test_wrong_number_is_refused_and_given_back(draft, manager, fields, says):
    answer = manager.post(url_of(draft, "rule/"), {**fields, "sight": "blind"}, headers=HTMX)
    assert answer.status_code == 422
    assert answer.text.strip().startswith('<form class="form" id="part-rule"')
    assert says in answer.text
    assert f'value="{fields["number"]}"' in answer.text or not fields["number"]


def test_workload_is_said_once_it_is_known(draft, bob, manager):
    draft.set_reviewers([*draft.people.all(), bob])
    draft.set_reviews_per_item(2)
    assert "5 × 2 = 10 to review, by 2 people: 5 each" in manager.get(url_of(draft, "workload/")).text
    draft.set_reviewers([])
    assert "Once traces and people are chosen" in manager.get(url_of(draft, "workload/")).text
