from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client

from labeling import claiming
from labeling.tests.judging import judge, put_aside


def words_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


@pytest.fixture
def shared(make_session, alice, bob):
    return make_session(alice, bob, items=3, reviews_per_item=2)


def address_of(item) -> str:
    return f"/labeling/sessions/{item.session_id}/items/{item.pk}/"


def test_it_shows_everybodys_answers_with_reasons_and_quotes(shared, alice, bob, mallory, client_of):
    item = judge(shared, alice, correct=False, expected_response="Say no.\nKindly.", why="Too sure.").item
    put_aside(shared, bob, reason="not_my_field", note="Ask tax.")

    response = client_of(mallory).get(address_of(item))

    words = words_of(response)
    assert response.status_code == 200
    assert "Is the answer correct? Incorrect Too sure. cover" in words
    assert "The ideal answer Say no. Kindly." in words
    assert "Declined Not my field Ask tax." in words
    assert 'id="conversation"' in response.text


def test_a_draft_is_its_authors_alone(shared, alice, mallory, client_of):
    review = claiming.next_review(shared, alice)
    review.draft = {"x": {"value": ["secret thought"]}}
    review.save(update_fields=["draft"])

    response = client_of(mallory).get(address_of(review.item))

    assert "secret thought" not in response.text
    assert "Not finished." in response.text


def test_one_goes_from_item_to_item(shared, mallory, client_of):
    first, second, third = shared.items.order_by("position")
    client = client_of(mallory)

    middle = client.get(address_of(second)).text

    assert f'href="{address_of(first)}" rel="prev"' in middle
    assert f'href="{address_of(third)}" rel="next"' in middle
    assert 'rel="prev"' not in client.get(address_of(first)).text
    assert 'rel="next"' not in client.get(address_of(third)).text


def test_an_item_of_another_session_is_not_found(shared, make_session, alice, mallory, client_of):
    other = make_session(alice).items.first()

    response = client_of(mallory).get(f"/labeling/sessions/{shared.pk}/items/{other.pk}/")

    assert response.status_code == 404
    assert client_of(mallory).get(f"/labeling/sessions/{shared.pk}/items/{uuid4()}/").status_code == 404


def test_queries_do_not_grow_with_people(make_session, alice, bob, mallory, client_of, django_assert_max_num_queries):
    session = make_session(alice, bob, items=1, reviews_per_item=2)
    item = judge(session, alice, correct=True, expected_response="This.").item
    judge(session, bob, correct=True, expected_response="That.")

    client = client_of(mallory)

    with django_assert_max_num_queries(12):
        client.get(address_of(item))


def test_experts_do_not_see_it(shared, alice, charlie, client_of):
    item = shared.items.first()

    assert client_of(charlie).get(address_of(item)).status_code == 404
    assert client_of(alice).get(address_of(item)).status_code == 403


def test_nobody_is_sent_to_sign_in(shared):
    assert Client().get(address_of(shared.items.first())).status_code == 302


def test_it_is_only_read(shared, mallory, client_of):
    assert client_of(mallory).post(address_of(shared.items.first())).status_code == 405
