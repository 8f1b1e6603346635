"""Label schemas by name, with titles, as review apps have them. The SDK's way: packages/."""

from __future__ import annotations

import json

import pytest

from accounts.models import ApiToken
from labeling.models import LabelSchema
from traces.models import Experiment

ADDRESS = "/api/2.0/reviewapp/label-schemas"


@pytest.fixture
def claims(db) -> Experiment:
    return Experiment.objects.create(name="claims")


@pytest.fixture
def make(client, mallory, claims):
    """Return a function: make a question as mallory, or as told; the status and the JSON."""

    def send(by=mallory, **how):
        told = {"experiment_id": claims.pk, "name": "tone", "title": "How is it?", "input": {"text": {}}}
        told["type"] = "feedback"
        headers = {"Authorization": f"Bearer {ApiToken.objects.issue(user=by)}"}
        response = client.post(ADDRESS, json.dumps({**told, **how}), "application/json", headers=headers)
        return response.status_code, response.json()

    return send


def test_a_title_is_what_experts_read(make):
    status, answer = make()
    assert (status, answer["label_schema"]["title"]) == (200, "How is it?")
    assert LabelSchema.objects.get().current.title == "How is it?"


def test_overwriting_makes_a_version_where_it_can(make):
    make()
    status, answer = make(title="And now?", overwrite=True)
    assert (status, answer["label_schema"]["title"]) == (200, "And now?")
    assert LabelSchema.objects.get().current.number == 2


def test_overwriting_with_another_kind_makes_it_anew(make):
    make()
    status, answer = make(input={"rating": {"min": 1, "max": 5}}, overwrite=True)
    assert (status, set(answer["label_schema"]["input"])) == (200, {"rating"})
    assert LabelSchema.objects.get().current.number == 1


@pytest.mark.parametrize("how", [{"title": ""}, {"input": {"magic": {}}}, {"type": "guess"}, {"input": None}])
def test_what_is_wrong_is_refused_and_an_old_one_stays(make, how):
    make()
    status, answer = make(**how, overwrite=True)
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert LabelSchema.objects.get().current.title == "How is it?"


def test_experts_and_developers_make_none(make, alice, dana):
    for person in (alice, dana):
        assert make(by=person)[0] == 403
    assert not LabelSchema.objects.exists()


def test_a_built_in_one_can_be_given_other_words(make):
    status, answer = make(
        name="expected_facts", type="expectation", title="Which facts?", input={"text_list": {}}, overwrite=True
    )
    assert (status, answer["label_schema"]["title"]) == (200, "Which facts?")
