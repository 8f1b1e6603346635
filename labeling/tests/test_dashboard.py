from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client

from labeling.staffing import staff
from labeling.tests.judging import judge, put_aside


def words_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


@pytest.fixture
def shared(make_session, alice, bob):
    """Two people judge each of 4 items; both have judged two, and differ on the second."""
    session = make_session(alice, bob, items=4, reviews_per_item=2)
    for says in (True, False):
        judge(session, alice, correct=says, why="" if says else "It promises too much.", active_s=40)
        judge(session, bob, correct=True, expected_response="Not covered.", active_s=60)
    return session


def test_it_shows_progress_answers_people_and_comments(shared, mallory, client_of):
    response = client_of(mallory).get(f"/labeling/sessions/{shared.pk}/")

    words = words_of(response)
    assert response.status_code == 200
    assert "2 / 4 items with all their reviews" in words
    assert "25 % “Incorrect” on “Is the answer correct?”, 95 % interval 5–70 %" in words
    assert "1 of 2 items with different answers" in words
    assert "40 s per item, median" in words
    assert "Alice Weber active now 2 / 4" in words
    assert "It promises too much. Alice Weber · Is the answer correct? · Item 2" in words
    assert "Not covered. Bob Okafor" in words


def test_what_needs_a_manager_says_who_said_what(shared, mallory, client_of):
    words = words_of(client_of(mallory).get(f"/labeling/sessions/{shared.pk}/"))

    assert "Different Question 2 Alice Weber: Incorrect · Bob Okafor: Correct" in words
    assert "1 item with different answers" in words


def test_items_that_everybody_declined_need_a_manager(session, alice, bob, mallory, client_of):
    put_aside(session, alice, reason="not_my_field", note="tax law")
    assert "Nobody left" not in words_of(client_of(mallory).get(f"/labeling/sessions/{session.pk}/"))
    put_aside(session, bob)

    words = words_of(client_of(mallory).get(f"/labeling/sessions/{session.pk}/"))

    assert "Nobody left Question 1 Alice Weber: Not my field – tax law · Bob Okafor: Unclear" in words


def test_every_number_opens_the_items_behind_it(shared, mallory, client_of):
    client = client_of(mallory)
    html = client.get(f"/labeling/sessions/{shared.pk}/").text

    addresses = {a.replace("&amp;", "&") for a in re.findall(r'href="(/labeling/sessions/[^"]+/items/\?[^"]+)"', html)}

    assert len(addresses) >= 8
    for address in addresses:
        assert "No item is like that" not in client.get(address).text, address


def test_a_new_session_says_what_will_be_here(make_session, alice, mallory, client_of):
    session = make_session(alice)

    words = words_of(client_of(mallory).get(f"/labeling/sessions/{session.pk}/"))

    assert "0 / 5 items done" in words
    assert "no answers yet" in words
    assert "Alice Weber has not started" in words
    assert "Nothing right now." in words


def test_who_has_no_account_yet_stands_among_the_people(session, alice, mallory, client_of):
    staff(session, [alice.email, "ann@x.org"])

    response = client_of(mallory).get(f"/labeling/sessions/{session.pk}/")

    words = words_of(response)
    assert "Alice Weber has not started" in words
    assert "ann@x.org has no account yet Invite ann@x.org" in words
    assert f'href="/labeling/sessions/{session.pk}/setup/#part-people"' in response.text


def test_a_session_of_people_without_accounts_is_not_called_empty(make_session, mallory, client_of):
    session = make_session(is_open=False)
    staff(session, ["ann@x.org"])

    words = words_of(client_of(mallory).get(f"/labeling/sessions/{session.pk}/"))

    assert "ann@x.org has no account yet" in words
    assert "Nobody is in this session yet" not in words


def test_the_part_that_changes_is_a_fragment_of_its_own(shared, mallory, client_of):
    response = client_of(mallory).get(f"/labeling/sessions/{shared.pk}/overview/")

    assert response.status_code == 200
    assert response.text.strip().startswith('<div class="dashboard" id="overview"')
    assert "<html" not in response.text
    assert "csrfmiddlewaretoken" not in response.text or 'value=""' not in response.text


def test_a_comment_that_is_markup_stays_text(make_session, alice, mallory, client_of):
    session = make_session(alice)
    judge(session, alice, correct=False, why="<script>alert(1)</script>")

    html = client_of(mallory).get(f"/labeling/sessions/{session.pk}/").text

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_queries_do_not_grow_with_items_and_answers(
    make_session, alice, bob, mallory, client_of, django_assert_num_queries, django_assert_max_num_queries
):
    client = client_of(mallory)
    few, many = [make_session(alice, bob, items=n, reviews_per_item=2) for n in (6, 40)]
    for session, n in ((few, 5), (many, 30)):
        for each in range(n):
            judge(session, alice, correct=True, expected_response="This.")
            judge(session, bob, correct=bool(each % 2), expected_response="That.")
    with django_assert_max_num_queries(40) as needed:
        client.get(f"/labeling/sessions/{few.pk}/")

    with django_assert_num_queries(len(needed.captured_queries)):
        client.get(f"/labeling/sessions/{many.pk}/")


@pytest.mark.parametrize("path", ["", "overview/", "items/"])
def test_an_expert_does_not_see_it(path, session, alice, charlie, client_of):
    assert client_of(charlie).get(f"/labeling/sessions/{session.pk}/{path}").status_code == 404
    assert client_of(alice).get(f"/labeling/sessions/{session.pk}/{path}").status_code == 403


def test_a_developer_does_not_see_it(session, dana, client_of):
    assert client_of(dana).get(f"/labeling/sessions/{session.pk}/").status_code == 404


def test_a_session_that_is_not_there_is_not_found(mallory, client_of):
    assert client_of(mallory).get(f"/labeling/sessions/{uuid4()}/").status_code == 404


@pytest.mark.parametrize("path", ["", "overview/", "items/"])
def test_nobody_is_sent_to_sign_in(path, session):
    response = Client().get(f"/labeling/sessions/{session.pk}/{path}")

    assert response.status_code == 302
    assert response.url.startswith("/accounts/sign-in/")


def test_it_is_only_read(session, mallory, client_of):
    client = client_of(mallory)

    assert client.post(f"/labeling/sessions/{session.pk}/").status_code == 405
    assert client.post(f"/labeling/sessions/{session.pk}/overview/").status_code == 405
