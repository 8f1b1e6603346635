"""Judges and other scorers that code registers with the experiment."""

from __future__ import annotations

import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai import make_judge
from mlflow.genai.scorers import Guidelines, delete_scorer, get_scorer, list_scorers
from mlflow.genai.scorers.registry import list_scorer_versions


def judge(instructions: str = "Is {{ outputs }} polite?"):
    return make_judge(name="polite", instructions=instructions, model="openai:/gpt-4o", feedback_value_type=bool)


def test_a_judge_comes_back_in_its_latest_version_or_any(experiment):
    judge().register()
    judge("Is {{ outputs }} very polite?").register()
    assert get_scorer(name="polite").instructions == "Is {{ outputs }} very polite?"
    assert get_scorer(name="polite", version=1).instructions == "Is {{ outputs }} polite?"
    assert [version for _judge, version in list_scorer_versions(name="polite")] == [1, 2]


def test_the_latest_of_each_is_listed(experiment):
    Guidelines(name="kind", guidelines="Be kind.").register()
    judge().register()
    judge().register()
    assert [each.name for each in list_scorers()] == ["kind", "polite"]


def test_a_version_or_all_are_deleted(experiment):
    judge().register()
    judge().register()
    delete_scorer(name="polite", version=1)
    assert [version for _judge, version in list_scorer_versions(name="polite")] == [2]
    delete_scorer(name="polite", version="all")
    assert list_scorers() == []


def test_what_is_not_there_is_said_not_to_be(experiment):
    judge().register()
    for missing in ({"name": "rude"}, {"name": "polite", "version": 9}):
        with pytest.raises(MlflowException) as refused:
            get_scorer(**missing)
        assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_the_server_scores_nothing_itself_and_says_so(dana_client, experiment):
    answer = dana_client("PUT", "api/3.0/mlflow/scorers/online-config", json={"experiment_id": experiment})
    assert (answer.status_code, answer.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")


def test_no_json_is_no_scorer_and_experts_have_none(dana_client, ask, alice, experiment):
    told = {"experiment_id": experiment, "name": "s", "serialized_scorer": "{"}
    assert dana_client("POST", "api/3.0/mlflow/scorers/register", json=told).status_code == 400
    assert ask(alice, "POST", "api/3.0/mlflow/scorers/register", json=told).status_code == 403
    assert ask(alice, "GET", "api/3.0/mlflow/scorers/list").status_code == 403
    assert dana_client("GET", f"api/3.0/mlflow/scorers/list?experiment_ids={experiment}&experiment_ids=7").json() == {}
