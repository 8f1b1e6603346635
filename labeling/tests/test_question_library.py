"""The library of questions: its list, a question's page, and the preview while one writes."""

from __future__ import annotations

import pytest
from django.test import Client

from labeling.models import LabelSchema

HTMX = {"HX-Request": "true"}
LIBRARY = "/labeling/questions/"
NEW = {"title": "Is it polite?", "kind": "rating", "min": "1", "max": "5", "type": "feedback"}


@pytest.fixture
def manager(mallory, client_of) -> Client:
    return client_of(mallory)


def test_list_shows_each_question_and_where_it_is_asked(session, manager):
    page = manager.get(LIBRARY).text
    assert "Is the answer correct?" in page
    assert "Correct / Incorrect" in page
    assert "in 1 session" in page


def test_empty_library_teaches(manager):
    assert "Write the first question" in manager.get(LIBRARY).text


def test_search_narrows_the_list(session, manager):
    page = manager.get(LIBRARY + "?q=ideal").text
    assert "The ideal answer" in page
    assert "Is the answer correct?" not in page
    assert "No question has these words" in manager.get(LIBRARY + "?q=zebra").text


def test_list_goes_on_page_by_page_with_few_queries(claims, manager, django_assert_max_num_queries):
    for n in range(60):
        LabelSchema.objects.ask(experiment=claims, name=f"q{n:02}", type="feedback", title=f"Q{n}", input={"text": {}})
    with django_assert_max_num_queries(5):
        first = manager.get(LIBRARY)
    assert len(first.context["rows"]) == 50
    assert "?page=2" in first.text
    assert len(manager.get(LIBRARY + "?page=2").context["rows"]) == 10
    assert manager.get(LIBRARY + "?page=nowhere").status_code == 200


@pytest.mark.parametrize("person", ["alice", "dana"])
def test_library_is_for_managers(session, correct, person, request, client_of):
    client = client_of(request.getfixturevalue(person))
    for rest in ("", "new/", f"{correct.pk}/"):
        assert client.get(LIBRARY + rest).status_code == 404
    assert client.post(LIBRARY + "preview/", NEW).status_code == 404


def test_anonymous_is_led_to_sign_in(correct, client):
    for rest in ("", "new/", f"{correct.pk}/"):
        assert client.get(LIBRARY + rest).url.startswith("/accounts/sign-in/")


def test_wrong_methods(manager, correct):
    assert manager.post(LIBRARY).status_code == 405
    assert manager.get(LIBRARY + "preview/").status_code == 405
    assert manager.put(LIBRARY + "new/").status_code == 405


def test_new_question_by_a_plain_form(claims, mallory, client_of):
    client = client_of(mallory, enforce_csrf_checks=True)
    client.get(LIBRARY + "new/")
    token = client.cookies["csrftoken"].value
    answer = client.post(LIBRARY + "new/", {**NEW, "experiment": claims.pk, "csrfmiddlewaretoken": token})
    assert answer.url == LIBRARY
    assert LabelSchema.objects.get(name="is_it_polite").experiment == claims


def test_new_question_without_experiment_is_refused_and_given_back(manager):
    answer = manager.post(LIBRARY + "new/", NEW)
    assert answer.status_code == 422
    assert 'value="Is it polite?"' in answer.text


def test_question_page_shows_versions_and_sessions(session, correct, manager):
    correct.revise(title="Is it correct?")
    page = manager.get(f"{LIBRARY}{correct.pk}/").text
    assert "version 2" in page
    assert "Is the answer correct?" in page
    assert "Claims, March" in page


def test_question_is_revised_on_its_page(correct, manager):
    data = {"title": "Is it correct?", "positive_label": "Yes", "negative_label": "No"}
    answer = manager.post(f"{LIBRARY}{correct.pk}/", data)
    assert answer.url == f"{LIBRARY}{correct.pk}/"
    correct.refresh_from_db()
    assert correct.current.input == {"pass_fail": {"positive_label": "Yes", "negative_label": "No"}}
    assert manager.post(f"{LIBRARY}{correct.pk}/", {"title": ""}).status_code == 422


def test_unknown_question_is_404(manager):
    assert manager.get(LIBRARY + "ls-none/").status_code == 404


def test_preview_draws_what_is_typed_and_keeps_nothing(manager):
    page = manager.post(LIBRARY + "preview/", NEW, headers=HTMX).text
    assert "Is it polite?" in page
    assert page.count('type="radio"') == 5
    assert not LabelSchema.objects.exists()


def test_preview_says_what_is_wrong_with_the_answers(manager):
    page = manager.post(LIBRARY + "preview/", {**NEW, "min": "5", "max": "1"}).text
    assert "A rating goes from a number to a higher one" in page


def test_preview_of_a_revision_knows_its_kind(correct, manager):
    page = manager.post(f"{LIBRARY}preview/?schema={correct.pk}", {"title": "So?", "positive_label": "Aye"}).text
    assert "Aye" in page
    assert manager.post(LIBRARY + "preview/?schema=ls-none", {"title": "So?"}).status_code == 404
