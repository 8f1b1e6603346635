"""Agents of a review app, and sessions in which one answers what nobody has answered."""

from __future__ import annotations

import time

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai.label_schemas import EXPECTED_FACTS

from chat.models import Endpoint
from tests.e2e.endpoint import application

ALICE = "alice@example.org"


@pytest.fixture
def agent(experiment, in_server):
    """An application that answers, as the endpoint `Claims assistant e2`."""
    with application() as running:
        with in_server():
            endpoint = Endpoint.objects.create(
                name="Claims assistant", version=f"e{experiment}", url=running.url, experiment_id=experiment
            )
        running.name = str(endpoint)
        yield running


@pytest.fixture
def app(agent):
    return mlflow.genai.get_review_app().add_agent(agent_name="claims", model_serving_endpoint=agent.name)


def test_a_review_app_says_what_it_is(experiment, server):
    app = mlflow.genai.get_review_app()
    assert (app.experiment_id, app.url, app.agents) == (experiment, server.url, [])
    assert [each.name for each in app.label_schemas] == ["expected_facts", "guidelines", "expected_response"]
    assert mlflow.genai.get_review_app(experiment).review_app_id == app.review_app_id


def test_agents_are_added_replaced_and_removed(app, agent, in_server, experiment):
    assert [(each.agent_name, each.model_serving_endpoint) for each in app.agents] == [("claims", agent.name)]
    with in_server():
        Endpoint.objects.create(name="Other", version=experiment, url="http://x", experiment_id=experiment)
    with pytest.raises(MlflowException, match="overwrite=True") as refused:
        app.add_agent(agent_name="claims", model_serving_endpoint=f"Other {experiment}")
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"
    now = app.add_agent(agent_name="claims", model_serving_endpoint=f"Other {experiment}", overwrite=True)
    assert [each.model_serving_endpoint for each in now.agents] == [f"Other {experiment}"]
    assert now.remove_agent("claims").agents == []
    with pytest.raises(MlflowException, match="no agent"):
        now.remove_agent("claims")


def test_an_endpoint_that_nobody_set_up_is_no_agent(experiment):
    with pytest.raises(MlflowException, match="Managers set endpoints up"):
        mlflow.genai.get_review_app().add_agent(agent_name="claims", model_serving_endpoint="http://169.254.169.254/")


def test_agents_are_for_managers(app, as_, agent):
    as_("dana")
    seen = mlflow.genai.get_review_app()
    assert [each.agent_name for each in seen.agents] == ["claims"]
    for deed in (
        lambda: seen.add_agent(agent_name="mine", model_serving_endpoint=agent.name),
        lambda: seen.remove_agent("claims"),
        lambda: mlflow.genai.create_labeling_session("first", agent="claims"),
    ):
        with pytest.raises(MlflowException, match="managers") as refused:
            deed()
        assert refused.value.error_code == "PERMISSION_DENIED"


def test_a_session_names_an_agent_that_is_there(app):
    assert mlflow.genai.create_labeling_session("first", agent="claims").agent == "claims"
    with pytest.raises(MlflowException, match=r"no agent 'guide' \(claims\)"):
        mlflow.genai.create_labeling_session("first", agent="guide")


def test_its_people_may_chat_with_it_if_they_are_to(app, experiment, in_server):
    mlflow.genai.create_labeling_session("judge", agent="claims", assigned_users=["bob@example.org"])
    mlflow.genai.create_labeling_session("chat", agent="claims", assigned_users=[ALICE], enable_multi_turn_chat=True)
    with in_server():
        endpoint = Endpoint.objects.get(experiment=experiment)
        assert [each.email for each in endpoint.people.all()] == [ALICE]


@pytest.fixture
def dataset(experiment, trace_of):
    """A trace with its answer, and a question without one."""
    dataset = mlflow.genai.create_dataset(name=f"claims {experiment}", experiment_id=experiment)
    dataset.merge_records([trace_of("Is theft covered?")])
    return dataset.merge_records(
        [{"inputs": {"question": "Is flood covered?"}, "expectations": {"expected_facts": ["Not on a basement flat."]}}]
    )


def test_records_with_a_trace_become_items(dataset):
    session = mlflow.genai.create_labeling_session("first", assigned_users=[ALICE], label_schemas=[EXPECTED_FACTS])
    with pytest.raises(MlflowException, match="give the session an agent"):
        session.add_dataset(dataset.name)
    assert mlflow.search_traces(run_id=session.mlflow_run_id, return_type="list") == []
    theft = dataset.to_df()["dataset_record_id"][0]
    session.add_dataset(dataset.name, record_ids=[theft])
    session.add_dataset(dataset.name, record_ids=[theft])
    (trace,) = mlflow.search_traces(run_id=session.mlflow_run_id, return_type="list")
    assert trace.info.request_preview == "Is theft covered?"


def test_what_is_not_there_is_said(dataset, experiment):
    session = mlflow.genai.create_labeling_session("first")
    with pytest.raises(MlflowException, match="no evaluation dataset 'other'"):
        session.add_dataset("other")
    with pytest.raises(MlflowException, match="no record 'dr-1'"):
        session.add_dataset(dataset.name, record_ids=["dr-1"])


def test_the_agent_answers_records_without_a_trace(app, agent, dataset, browser):
    session = mlflow.genai.create_labeling_session(
        "first", agent="claims", assigned_users=[ALICE], label_schemas=[EXPECTED_FACTS], custom_inputs={"tenant": "de"}
    )
    session.add_dataset(dataset.name)
    asked = agent.asked()
    assert (asked.messages[-1]["content"], asked.call.body["custom_inputs"]) == ("Is flood covered?", {"tenant": "de"})
    asked.say("Only with a rider.").end()
    session.add_dataset(dataset.name)  # asks nothing twice
    traces = waited_for(lambda: mlflow.search_traces(run_id=session.mlflow_run_id, return_type="list"), n=2)
    answered = next(each for each in traces if each.info.request_preview == "Is flood covered?")
    assert answered.info.response_preview == "Only with a rider."
    assert [each.value for each in answered.info.assessments] == [["Not on a basement flat."]]
    assert browser("alice").get(session.url).status_code == 200
    assert agent.speaker.n_calls == 1


def test_a_session_opens_for_answers_that_are_still_to_come(app, agent, experiment, browser, caplog):
    dataset = mlflow.genai.create_dataset(name=f"inputs {experiment}", experiment_id=experiment)
    dataset.merge_records([{"inputs": {"question": "Is hail covered?"}}])
    session = mlflow.genai.create_labeling_session(
        "first", agent="claims", assigned_users=[ALICE], label_schemas=[EXPECTED_FACTS]
    )
    session.add_dataset(dataset.name)
    asked = agent.asked()
    assert browser("alice").get(session.url).status_code == 200
    asked.say("Yes.").end()
    waited_for(lambda: mlflow.search_traces(run_id=session.mlflow_run_id, return_type="list"), n=1)
    assert "Is hail covered?" in browser("alice").get(session.url).text
    assert not [each for each in caplog.records if each.name.startswith("mlflow_reviewapp")]


def waited_for(find, *, n):
    for _ in range(100):
        found = find()
        if len(found) == n:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{len(found)} and not {n}")
