"""What is asked about answers and conversations. What arranging does at all: labeling/tests/test_setup_questions.py."""

from __future__ import annotations

import pytest
from django.test import Client

from chat.models import Endpoint
from chat.tests.filling import HTMX
from labeling.models import LabelSchema
from traces.models import Experiment


@pytest.fixture
def manager(mallory, client_of) -> Client:
    return client_of(mallory)


@pytest.fixture
def correct(claims) -> LabelSchema:
    return LabelSchema.objects.ask(
        experiment=claims, name="correct", type="feedback", title="Is it correct?", input={"pass_fail": {}}
    )


def at(endpoint: Endpoint, rest: str, about: str = "answer") -> str:
    return f"/chat/endpoints/{endpoint.pk}/questions/{about}/{rest}"


def asked(endpoint: Endpoint, about: str = "answer") -> list[str]:
    return [question.schema.name for question in endpoint.questions.filter(about=about).order_by("position")]


def test_question_of_the_library_is_asked_about_answers_by_a_plain_form(endpoint, correct, mallory, client_of):
    client = client_of(mallory, enforce_csrf_checks=True)
    client.get(f"/chat/endpoints/{endpoint.pk}/")
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    answer = client.post(at(endpoint, "add/"), {"schema": correct.pk, **token})
    assert answer.url == f"/chat/endpoints/{endpoint.pk}/#part-answer"
    assert asked(endpoint) == ["correct"]
    assert asked(endpoint, "conversation") == []
    assert "Is it correct?" in client.get(f"/chat/endpoints/{endpoint.pk}/preview/").text


def test_same_question_stands_in_both_lists_under_ids_of_its_own(endpoint, correct, manager):
    for about in ("answer", "conversation"):
        answer = manager.post(at(endpoint, "add/", about), {"schema": correct.pk}, headers=HTMX)
        assert f'id="part-{about}"' in answer.text
        assert "endpoint:changed" in answer.headers["HX-Trigger"]
    assert asked(endpoint) == asked(endpoint, "conversation") == ["correct"]
    page = manager.get(f"/chat/endpoints/{endpoint.pk}/").text
    ids = [piece.split('"')[0] for piece in page.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


def test_question_of_another_experiment_comes_as_a_copy(endpoint, manager):
    far = LabelSchema.objects.ask(
        experiment=Experiment.objects.create(name="tax"), name="cites", type="feedback", title="?", input={"text": {}}
    )
    manager.post(at(endpoint, "add/"), {"schema": far.pk})
    question = endpoint.questions.get()
    assert (question.schema.name, question.schema.experiment) == ("cites", endpoint.experiment)


def test_new_question_joins_the_library_and_the_list(endpoint, manager):
    assert "New question" in manager.get(at(endpoint, "new/", "conversation"), headers=HTMX).text
    typed = {"title": "Would you recommend it?", "kind": "pass_fail", "type": "feedback"}
    manager.post(at(endpoint, "new/", "conversation"), typed, headers=HTMX)
    assert asked(endpoint, "conversation") == ["would_you_recommend_it"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_question_without_words_is_422(endpoint, manager, headers):
    answer = manager.post(at(endpoint, "new/"), {"title": "", "kind": "pass_fail"}, headers=headers)
    assert answer.status_code == 422
    assert asked(endpoint) == []


def test_order_need_and_condition_are_kept(endpoint, claims, correct, manager):
    why = LabelSchema.objects.ask(experiment=claims, name="why", type="feedback", title="Why?", input={"text": {}})
    for schema in (why, correct):
        manager.post(at(endpoint, "add/"), {"schema": schema.pk})
    manager.post(at(endpoint, f"{correct.pk}/move/"), {"direction": "up"})
    manager.post(at(endpoint, f"{why.pk}/set/"), {"is_required": "on", "when": "correct", "when-correct": "false"})
    question = endpoint.questions.get(schema=why)
    assert asked(endpoint) == ["correct", "why"]
    assert (question.is_required, question.show_if) == (True, {"correct": False})
    answer = manager.post(at(endpoint, "order/"), {"schema": [why.pk, correct.pk]}, headers=HTMX)
    assert "Asked always from now on" in answer.text
    manager.post(at(endpoint, f"{why.pk}/remove/"))
    assert asked(endpoint) == ["correct"]


def test_wording_is_changed_as_a_new_version(endpoint, correct, manager):
    manager.post(at(endpoint, "add/"), {"schema": correct.pk})
    typed = {"title": "Is it really correct?"}
    manager.post(at(endpoint, f"{correct.pk}/edit/"), typed, headers=HTMX)
    correct.refresh_from_db()
    assert (correct.current.number, correct.current.title) == (2, "Is it really correct?")
