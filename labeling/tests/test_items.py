from __future__ import annotations

import re

import pytest
from django.test import Client

from labeling import listing
from labeling.models import LabelSchema, QuestionSpec
from labeling.tests.judging import judge, put_aside


def positions_in(response) -> list[int]:
    return [int(n) for n in re.findall(r'<td class="num">(\d+)</td>', response.text)]


@pytest.fixture
def judged(make_session, alice, bob, claims, correct, ideal):
    """Five items, two people each. 1: they agree. 2: they differ, with a comment. 3: both decline. 4: alice alone."""
    session = make_session(alice, bob, items=5, reviews_per_item=2, is_open=False)
    problems = LabelSchema.objects.ask(
        experiment=claims, name="problems", type="feedback", title="What is wrong?",
        input={"categorical": {"options": ["Outdated", "Unsafe"], "multi_select": True}},
    )  # fmt: skip
    stars = LabelSchema.objects.ask(
        experiment=claims, name="stars", type="feedback", title="How good?", input={"rating": {"min": 1, "max": 5}}
    )
    session.set_questions([QuestionSpec(each) for each in (correct, problems, stars, ideal)])
    session.open()
    judge(session, alice, correct=True, stars=5)
    judge(session, bob, correct=True, stars=5)
    judge(session, alice, correct=False, problems=["Outdated", "Unsafe"], why="Old law.")
    judge(session, bob, correct=True)
    put_aside(session, alice)
    put_aside(session, bob)
    judge(session, alice, correct=False, problems=["Outdated"], stars=1)
    return session


@pytest.fixture
def ask(judged, mallory, client_of):
    """Return a function: the list with a filter."""
    client = client_of(mallory)
    return lambda **query: client.get(f"/labeling/sessions/{judged.pk}/items/", query)


@pytest.mark.parametrize(
    ("show", "found"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("unfinished", [3, 4, 5]),
        ("done", [1, 2]),
        ("different", [2]),
        ("declined", [3]),
        ("stuck", [3]),
        ("comments", [2]),
        ("nonsense", [1, 2, 3, 4, 5]),
    ],
)
def test_a_filter_shows_the_items_behind_a_number(show, found, ask):
    assert positions_in(ask(show=show)) == found


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("correct", "", [1, 2, 4]),
        ("correct", "true", [1, 2]),
        ("correct", "false", [2, 4]),
        ("problems", "Outdated", [2, 4]),
        ("problems", "Unsafe", [2]),
        ("stars", "5", [1]),
        ("stars", "3", []),
    ],
)
def test_an_answer_shows_the_items_that_got_it(name, value, found, ask):
    schema = LabelSchema.objects.get(name=name)

    assert positions_in(ask(question=schema.pk, value=value)) == found


def test_a_person_shows_the_items_they_are_through_with(ask, alice, bob):
    assert positions_in(ask(person=alice.pk)) == [1, 2, 3, 4]
    assert positions_in(ask(person=bob.pk)) == [1, 2, 3]


@pytest.mark.parametrize(
    "query",
    [
        {"question": "gone"},
        {"question": "gone", "value": "x"},
        {"person": "x"},
        {"person": "9" * 30},
        {"person": "9" * 5000},
    ],
)
def test_a_filter_on_what_is_not_there_says_what_it_hides(query, ask):
    response = ask(**query)

    assert response.status_code == 200
    assert "The filter hides 5 items." in response.text


def test_a_filter_is_said_in_words(ask, alice):
    correct = LabelSchema.objects.get(name="correct")

    text = ask(question=correct.pk, value="false", person=alice.pk).text

    assert "“Is the answer correct?” is answered with “Incorrect”, finished or declined by Alice Weber" in text


def test_rows_say_who_said_what(ask):
    text = " ".join(re.sub(r"<[^>]+>", " ", ask().text).split())

    assert "Alice Weber: Incorrect · Outdated, Unsafe" in text
    assert "Bob Okafor: declined Unclear" in text
    assert "1 of 2 finished" in text


def test_pages_follow_each_other_without_a_gap(ask, monkeypatch):
    monkeypatch.setattr(listing, "PAGE", 2)

    first = ask(show="")
    assert positions_in(first) == [1, 2]
    assert "?after=2" in first.text
    assert positions_in(ask(after="2")) == [3, 4]
    last = ask(after="4")
    assert positions_in(last) == [5]
    assert "Next page" not in last.text
    assert "First page" in last.text


def test_a_cursor_that_is_none_begins_at_the_start(ask):
    assert positions_in(ask(after="-1 OR 1=1")) == [1, 2, 3, 4, 5]


def test_htmx_gets_only_the_list(judged, mallory, client_of):
    response = client_of(mallory).get(
        f"/labeling/sessions/{judged.pk}/items/?show=done", headers={"hx-request": "true"}
    )

    assert response.text.strip().startswith('<section class="stack" id="items"')
    assert "HX-Request" in response["Vary"]


def test_queries_do_not_grow_with_rows(
    make_session, alice, bob, mallory, client_of, django_assert_num_queries, django_assert_max_num_queries
):
    client = client_of(mallory)
    few, many = [make_session(alice, bob, items=n, reviews_per_item=2) for n in (2, 30)]
    for session, n in ((few, 2), (many, 30)):
        for _ in range(n):
            judge(session, alice, correct=True)
            judge(session, bob, correct=False)
    with django_assert_max_num_queries(12) as needed:
        client.get(f"/labeling/sessions/{few.pk}/items/")

    with django_assert_num_queries(len(needed.captured_queries)):
        client.get(f"/labeling/sessions/{many.pk}/items/")


def test_an_empty_session_teaches(make_session, alice, mallory, client_of):
    session = make_session(alice, items=0, is_open=False)

    assert (
        "An item is one recorded conversation" in client_of(mallory).get(f"/labeling/sessions/{session.pk}/items/").text
    )


def test_experts_do_not_see_it(judged, alice, charlie, client_of):
    assert client_of(charlie).get(f"/labeling/sessions/{judged.pk}/items/").status_code == 404
    assert client_of(alice).get(f"/labeling/sessions/{judged.pk}/items/").status_code == 403


def test_nobody_is_sent_to_sign_in(judged):
    assert Client().get(f"/labeling/sessions/{judged.pk}/items/").status_code == 302


def test_it_is_only_read(judged, mallory, client_of):
    assert client_of(mallory).post(f"/labeling/sessions/{judged.pk}/items/").status_code == 405
