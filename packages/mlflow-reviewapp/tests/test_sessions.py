"""Labeling sessions through the SDK's own functions."""

from __future__ import annotations

import re

import httpx
import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai import label_schemas
from mlflow.genai.label_schemas import EXPECTED_FACTS, EXPECTED_RESPONSE, InputPassFail

ALICE, BOB = "alice@example.org", "bob@example.org"


@pytest.fixture
def session(experiment):
    """A session with two questions, for alice, still without traces."""
    label_schemas.create_label_schema(
        "correct", type="feedback", title="Is it correct?", input=InputPassFail("Correct", "Incorrect"), overwrite=True
    )
    return mlflow.genai.create_labeling_session(
        "Claims, March", assigned_users=[ALICE], label_schemas=["correct", EXPECTED_RESPONSE]
    )


def test_a_session_says_what_it_is(session, experiment, server):
    assert (session.name, session.assigned_users, session.experiment_id) == ("Claims, March", [ALICE], experiment)
    assert session.label_schemas == ["correct", EXPECTED_RESPONSE]
    assert session.url == f"{server.url}/labeling/sessions/{session.labeling_session_id}/review/"
    assert re.fullmatch("[0-9a-f]{32}", session.mlflow_run_id)
    assert session.review_app_id == mlflow.genai.get_review_app().review_app_id
    assert (session.agent, session.enable_multi_turn_chat, session.custom_inputs) == (None, False, None)


def test_it_is_found_by_its_run_and_in_the_list(session):
    second = mlflow.genai.create_labeling_session("Claims, March", enable_multi_turn_chat=True, custom_inputs={"n": 1})
    assert mlflow.genai.get_labeling_session(session.mlflow_run_id).name == "Claims, March"
    listed = mlflow.genai.get_labeling_sessions()
    assert [each.labeling_session_id for each in listed] == [second.labeling_session_id, session.labeling_session_id]
    assert (listed[0].enable_multi_turn_chat, listed[0].custom_inputs) == (True, {"n": 1})
    assert mlflow.get_run(session.mlflow_run_id).info.run_name == "Claims, March"


def test_a_session_without_its_name_is_none(session):
    with pytest.raises(MlflowException, match="not found") as refused:
        mlflow.genai.get_labeling_session("nonsense")
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_session_asks_only_what_there_is(experiment):
    with pytest.raises(MlflowException, match="'tone' not found"):
        mlflow.genai.create_labeling_session("first", label_schemas=["tone"])
    assert mlflow.genai.get_labeling_sessions() == []


def test_the_url_opens_on_the_review_page_once_there_is_something_to_judge(session, trace_of, browser, caplog):
    alice = browser("alice")
    assert alice.get(session.url).status_code == 404
    session.add_traces([trace_of("Is theft covered?")])
    page = alice.get(session.url)
    assert page.status_code == 200
    assert "Is theft covered?" in page.text
    assert "Is it correct?" in page.text
    assert not caplog.records
    assert browser("bob").get(session.url).status_code == 404


def test_what_keeps_a_session_from_its_people_is_said(experiment, trace_of, caplog):
    bare = mlflow.genai.create_labeling_session("bare")
    bare.add_traces([trace_of()])
    assert "It asks no question yet. Nobody is in it yet." in caplog.text


@pytest.mark.parametrize("form", ["list", "json", "pandas"])
def test_traces_are_added_in_every_form_and_once(session, trace_of, form):
    traces = [trace_of("One?"), trace_of("Two?")]
    if form == "json":
        traces = [trace.to_json() for trace in traces]
    if form == "pandas":
        traces = mlflow.search_traces()
    session.add_traces(traces)
    again = session.add_traces(traces)
    assert again.labeling_session_id == session.labeling_session_id
    found = mlflow.search_traces(run_id=session.mlflow_run_id, return_type="list")
    assert sorted(trace.info.request_preview for trace in found) == ["One?", "Two?"]


def test_a_trace_of_another_experiment_comes_as_a_copy(session, trace_of):
    trace = trace_of("Is flood covered?")
    mlflow.log_feedback(trace_id=trace.info.trace_id, name="correct", value=True)
    mlflow.set_experiment(experiment_id=session.experiment_id)
    other = mlflow.set_experiment("elsewhere")
    second = mlflow.genai.create_labeling_session("other", assigned_users=[ALICE], label_schemas=[EXPECTED_FACTS])
    second.add_traces([trace])
    second.add_traces([trace])
    (copy,) = mlflow.search_traces(run_id=second.mlflow_run_id, return_type="list")
    assert copy.info.trace_id != trace.info.trace_id
    assert copy.info.experiment_id == other.experiment_id
    assert [span.name for span in copy.data.spans] == [span.name for span in trace.data.spans]
    assert (copy.info.assessments, copy.info.tags["reviewapp.copyOf"]) == ([], trace.info.trace_id)


def test_a_trace_of_another_server_is_sent_whole(session, trace_of, server):
    text = trace_of("Is hail covered?").to_json()
    foreign = mlflow.entities.Trace.from_json(
        text.replace(mlflow.get_last_active_trace_id()[3:], "0123456789abcdef" * 2)
    )
    session.add_traces([foreign])
    (found,) = mlflow.search_traces(run_id=session.mlflow_run_id, return_type="list")
    assert (found.info.trace_id, found.info.request_preview) == ("tr-" + "0123456789abcdef" * 2, "Is hail covered?")


def test_what_an_expert_answers_comes_back_by_the_run(session, trace_of, browser):
    session.add_traces([trace_of()])
    alice = browser("alice")
    page = alice.get(session.url).text
    answer_on(alice, page, correct="false", expected_response="No, ask your broker.")
    (trace,) = mlflow.search_traces(run_id=session.mlflow_run_id, return_type="list")
    said = {each.name: (each.value, each.source.source_type, each.source.source_id) for each in trace.info.assessments}
    assert said == {
        "correct": (False, "HUMAN", ALICE),
        "expected_response": ("No, ask your broker.", "HUMAN", ALICE),
    }


def answer_on(browser: httpx.Client, page: str, **answers: str) -> None:
    """Fill in the form of a review page and finish, as a browser without scripts does."""
    (action,) = set(re.findall(r'action="(/labeling/reviews/[^"]+/complete/)"', page))
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    asked = {label_schemas.get_label_schema(name).schema_id: value for name, value in answers.items()}
    fields |= {f"answer-{schema_id}": value for schema_id, value in asked.items()}
    browser.post(action, data=fields).raise_for_status()


def test_what_is_expected_goes_into_a_dataset_once(session, trace_of, browser, experiment):
    session.add_traces([trace_of("Is theft covered?"), trace_of("Is flood covered?")])
    alice = browser("alice")
    answer_on(alice, alice.get(session.url).text, correct="false", expected_response="No, ask your broker.")
    dataset = mlflow.genai.create_dataset(name=f"expected {experiment}", experiment_id=experiment)
    session.sync(dataset.name)
    session.sync(to_dataset=dataset.name)
    (record,) = mlflow.genai.get_dataset(dataset_id=dataset.dataset_id).to_df().to_dict("records")
    assert record["inputs"] == {"question": "Is theft covered?"}
    assert record["expectations"] == {"expected_response": "No, ask your broker."}
    assert record["source"].source_data["trace_id"].startswith("tr-")
    with pytest.raises(MlflowException, match="no evaluation dataset 'other'"):
        session.sync("other")


def test_people_are_changed(session, as_):
    now = session.set_assigned_users([BOB, "New.Person@example.org"])
    assert now.assigned_users == [BOB, "new.person@example.org"]
    assert mlflow.genai.get_labeling_session(session.mlflow_run_id).assigned_users == now.assigned_users
    with pytest.raises(MlflowException, match="no e-mail address"):
        session.set_assigned_users(["everybody"])


def test_a_deleted_session_is_gone_and_what_was_said_stays(session, trace_of):
    trace = trace_of()
    session.add_traces([trace])
    mlflow.log_expectation(trace_id=trace.info.trace_id, name="expected_response", value="No.")
    assert mlflow.genai.delete_labeling_session(session) is None
    assert mlflow.genai.get_labeling_sessions() == []
    assert mlflow.get_trace(trace.info.trace_id).info.assessments[0].value == "No."


def test_experts_see_their_own(session, trace_of, as_, experiment):
    session.add_traces([trace_of()])
    session.set_assigned_users([ALICE, BOB])
    as_("alice")
    assert [each.assigned_users for each in mlflow.genai.get_labeling_sessions()] == [[ALICE]]
    with pytest.raises(MlflowException, match="who made it") as refused:
        session.set_assigned_users([ALICE])
    assert refused.value.error_code == "PERMISSION_DENIED"
    as_("mallory")
    session.set_assigned_users([BOB])
    as_("alice")
    assert mlflow.genai.get_labeling_sessions() == []
    with pytest.raises(MlflowException) as refused:
        mlflow.genai.get_labeling_session(session.mlflow_run_id)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_developers_make_sessions_of_their_own(session, as_, trace_of):
    as_("dana")
    own = mlflow.genai.create_labeling_session("dana's", assigned_users=[ALICE], label_schemas=["correct"])
    assert own.add_traces([trace_of()]).name == "dana's"
    with pytest.raises(MlflowException, match="who made it"):
        session.add_traces([trace_of()])
    with pytest.raises(MlflowException, match="A manager makes people"):
        own.set_assigned_users(["somebody@example.org"])
    mlflow.genai.delete_labeling_session(own)
