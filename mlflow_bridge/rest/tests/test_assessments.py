"""Assessments that programs write through the SDK."""

from __future__ import annotations

import mlflow
import pytest
from django.utils import timezone
from mlflow.entities import AssessmentError, AssessmentSource, Expectation, Feedback
from mlflow.exceptions import MlflowException

from traces.models import Assessment, Span, Trace

HUMAN = AssessmentSource("HUMAN", "ann@x.org")
JUDGE = AssessmentSource("LLM_JUDGE", "gpt")


@pytest.fixture
def trace_id(experiment) -> str:
    return Trace.objects.create(
        trace_id="tr-" + "7" * 32, experiment_id=int(experiment), state="OK", request_time=timezone.now()
    ).pk


def on(trace_id: str) -> list:
    return mlflow.get_trace(trace_id).info.assessments


@pytest.mark.parametrize("value", [True, 5, 0.5, "good", ["a", "b"], {"k": 1}, None])
def test_a_feedback_of_any_type_comes_back(trace_id, value):
    error = AssessmentError("E1", "m", "st") if value is None else None
    mlflow.log_feedback(trace_id=trace_id, name="q", value=value, source=HUMAN, rationale="because",
                        metadata={"k": "v"}, error=error)  # fmt: skip
    (said,) = on(trace_id)
    assert (said.name, said.value, said.rationale) == ("q", value, "because")
    assert (said.source.source_type, said.source.source_id, said.metadata) == ("HUMAN", "ann@x.org", {"k": "v"})
    assert (said.error.error_code if said.error else None) == ("E1" if value is None else None)


@pytest.mark.parametrize("value", ["21C", ["f1", "f2"], {"k": {"n": [1]}}, 3.5])
def test_an_expectation_of_any_type_comes_back(trace_id, value):
    mlflow.log_expectation(trace_id=trace_id, name="expected", value=value, source=HUMAN)
    (said,) = on(trace_id)
    assert isinstance(said, Expectation)
    assert said.value == value


def test_an_assessment_object_is_logged_on_a_span(trace_id):
    said = Feedback(name="obj", value=1.0, source=JUDGE, span_id="00f067aa0ba902b7")
    mlflow.log_assessment(trace_id, said)
    (found,) = on(trace_id)
    assert (found.span_id, found.source.source_type) == ("00f067aa0ba902b7", "LLM_JUDGE")


def test_an_update_corrects_in_place_and_keeps_what_it_does_not_name(trace_id):
    said = mlflow.log_feedback(trace_id=trace_id, name="q", value=True, source=HUMAN, metadata={"k": "v", "n": "3"})
    mlflow.update_assessment(trace_id, said.assessment_id, Feedback(name="q", value=False, rationale="changed",
                                                                   metadata={"k": "v2"}))  # fmt: skip
    found = mlflow.get_assessment(trace_id, said.assessment_id)
    assert (found.value, found.rationale, found.metadata) == (False, "changed", {"k": "v2", "n": "3"})
    assert found.source.source_id == "ann@x.org"
    assert Assessment.objects.get().revisions[0]["value"] is True


def test_the_kind_never_changes(trace_id):
    said = mlflow.log_expectation(trace_id=trace_id, name="e", value="x", source=HUMAN)
    with pytest.raises(MlflowException, match="Cannot update feedback value on an Expectation"):
        mlflow.update_assessment(trace_id, said.assessment_id, Feedback(name="e", value=1))


def test_an_override_stands_in_its_place_until_it_is_deleted(trace_id):
    first = mlflow.log_feedback(trace_id=trace_id, name="q", value=1, source=JUDGE)
    second = mlflow.override_feedback(trace_id=trace_id, assessment_id=first.assessment_id, value=2, rationale="no")
    old, new = sorted(on(trace_id), key=lambda each: each.valid)
    assert (old.valid, new.value, new.overrides) == (False, 2, first.assessment_id)
    mlflow.delete_assessment(trace_id, second.assessment_id)
    (revived,) = on(trace_id)
    assert (revived.assessment_id, revived.valid) == (first.assessment_id, True)


def test_deleting_what_is_not_there_is_no_error(trace_id):
    mlflow.delete_assessment(trace_id, "a-nope")


@pytest.mark.parametrize("call", [
    lambda id_: mlflow.get_assessment(id_, "a-nope"),
    lambda id_: mlflow.update_assessment(id_, "a-nope", Feedback(name="q", value=1)),
    lambda id_: mlflow.log_feedback(trace_id="tr-" + "0" * 32, name="q", value=1),
])  # fmt: skip
def test_what_does_not_exist_is_said_not_to(trace_id, call):
    with pytest.raises(MlflowException) as refused:
        call(trace_id)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize(
    ("filter_string", "is_found"),
    [
        ("feedback.quality = 'good'", True),
        ("feedback.quality != 'good'", False),
        ("feedback.ok = 'true'", True),
        ("feedback.score > 3", True),
        ("expectation.answer = '21C'", True),
        ("feedback.nothing IS NOT NULL", False),
    ],
)
def test_traces_are_found_by_what_was_said(sdk, experiment, trace_id, filter_string, is_found):
    for name, value in {"quality": "good", "ok": True, "score": 4}.items():
        mlflow.log_feedback(trace_id=trace_id, name=name, value=value, source=HUMAN)
    mlflow.log_expectation(trace_id=trace_id, name="answer", value="21C", source=HUMAN)
    found = sdk.search_traces(locations=[experiment], filter_string=filter_string)
    assert [each.info.trace_id for each in found] == ([trace_id] if is_found else [])


TOLD = {
    "assessment_name": "q", "trace_id": "tr-" + "7" * 32, "source": {"source_type": "HUMAN", "source_id": "bob@x.org"},
    "feedback": {"value": True}, "valid": True,
}  # fmt: skip


@pytest.fixture
def handed(monkeypatch, trace_id, alice):
    """Alice was handed the trace; charlie was not."""
    monkeypatch.setattr("traces.access.RULES", [lambda user, _id: user == alice])
    return f"api/3.0/mlflow/traces/{trace_id}"


def test_an_expert_speaks_for_themselves(ask, alice, handed):
    said = ask(alice, "POST", f"{handed}/assessments", json={"assessment": TOLD}).json()["assessment"]
    assert said["source"] == {"source_type": "HUMAN", "source_id": "alice@example.org"}


def test_a_manager_speaks_for_themselves_too(ask, mallory, handed):
    said = ask(mallory, "POST", f"{handed}/assessments", json={"assessment": TOLD}).json()["assessment"]
    assert said["source"]["source_id"] == "mallory@example.org"


def test_an_expert_is_no_judge(ask, alice, handed):
    told = {**TOLD, "source": {"source_type": "LLM_JUDGE", "source_id": "gpt"}}
    assert ask(alice, "POST", f"{handed}/assessments", json={"assessment": told}).status_code == 403


def test_an_expert_sees_and_changes_only_their_own(ask, alice, handed, trace_id):
    other = mlflow.log_feedback(trace_id=trace_id, name="q", value=True, source=HUMAN).assessment_id
    ask(alice, "POST", f"{handed}/assessments", json={"assessment": TOLD})
    (own,) = ask(alice, "GET", handed).json()["trace"]["trace_info"]["assessments"]
    assert own["source"]["source_id"] == "alice@example.org"
    told = {"assessment": {"feedback": {"value": False}}, "update_mask": "feedback"}
    assert ask(alice, "PATCH", f"{handed}/assessments/{other}", json=told).status_code == 404
    assert ask(alice, "PATCH", f"{handed}/assessments/{own['assessment_id']}", json=told).status_code == 200
    assert ask(alice, "DELETE", f"{handed}/assessments/{other}").json() == {}
    assert Assessment.objects.get(pk=other).valid


def test_an_expert_is_not_told_which_version_answered(ask, alice, handed, trace_id):
    Trace.objects.filter(pk=trace_id).update(tags={"version": "2"}, metadata={"model": "m"}, request_preview="hi")
    Span.objects.create(trace_id=trace_id, span_id="0" * 15 + "1", name="root", start_time_ns=1, end_time_ns=2)
    whole = ask(alice, "GET", f"api/3.0/mlflow/traces/get?trace_id={trace_id}").json()["trace"]
    assert (whole["spans"], whole["trace_info"]["request_preview"]) == ([], "hi")
    assert "trace_metadata" not in whole["trace_info"]
    assert "version" not in whole["trace_info"]["tags"]
    files = f"api/2.0/mlflow-artifacts/artifacts/1/traces/{trace_id}/artifacts/traces.json"
    assert ask(alice, "GET", files).status_code == 404


def test_a_stranger_finds_no_trace(ask, charlie, handed):
    assert ask(charlie, "GET", handed).status_code == 404
    assert ask(charlie, "POST", f"{handed}/assessments", json={"assessment": TOLD}).status_code == 404


def test_an_expert_changes_no_trace_and_searches_none(ask, alice, handed):
    assert ask(alice, "PATCH", f"{handed}/tags", json={"key": "k", "value": "v"}).status_code == 403
    search = {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}]}
    assert ask(alice, "POST", "api/3.0/mlflow/traces/search", json=search).status_code == 403


def test_an_answer_of_a_session_is_changed_there_alone(ask, sdk, trace_id, monkeypatch):
    monkeypatch.setattr("traces.elsewhere.KEPT_ELSEWHERE", {"reviewapp.item": "in its session"})
    said = mlflow.log_feedback(trace_id=trace_id, name="q", value=1, source=HUMAN, metadata={"reviewapp.item": "1"})
    with pytest.raises(MlflowException, match="in its session") as refused:
        mlflow.update_assessment(trace_id, said.assessment_id, Feedback(name="q", value=2))
    assert refused.value.error_code == "PERMISSION_DENIED"


def test_an_id_of_the_clients_own_is_kept_and_taken_once(dana_client, trace_id):
    path = f"api/3.0/mlflow/traces/{trace_id}/assessments"
    told = {"assessment": {**TOLD, "assessment_id": "a-1234"}}
    assert dana_client("POST", path, json=told).json()["assessment"]["assessment_id"] == "a-1234"
    again = dana_client("POST", path, json=told)
    assert (again.status_code, again.json()["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS")


@pytest.mark.parametrize("told", [{}, {"feedback": None}, {"feedback": 3}, {"feedback": {"value": 1}, "source": 3},
                                  {"feedback": {"value": 1}, "create_time": "soon"},
                                  {"feedback": {"value": 1}, "metadata": ["x"]},
                                  {"expectation": {"serialized_value": {"value": "{"}}},
                                  {"feedback": {"value": 1}, "assessment_name": "n" * 251}])  # fmt: skip
def test_what_is_no_assessment_is_refused(dana_client, trace_id, told):
    answer = dana_client("POST", f"api/3.0/mlflow/traces/{trace_id}/assessments", json={"assessment": told})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_what_programs_say_is_masked_by_the_experiments_rules(trace_id):
    mail = "anna@example.org"
    trace = Trace.objects.get(pk=trace_id)
    trace.experiment.redaction = [{"kind": "email"}]
    trace.experiment.save()

    said = mlflow.log_feedback(trace_id=trace_id, name="q", value=f"of {mail}", source=HUMAN, rationale=f"ask {mail}",
                               metadata={"about": mail})  # fmt: skip
    (found,) = on(trace_id)
    assert (found.value, found.rationale, found.metadata) == ("of [e-mail]", "ask [e-mail]", {"about": "[e-mail]"})
    assert found.source.source_id == HUMAN.source_id

    mlflow.update_assessment(trace_id, said.assessment_id, Feedback(name="q", value="fine", rationale=f"not {mail}"))
    (found,) = on(trace_id)
    assert (found.value, found.rationale) == ("fine", "not [e-mail]")

    mlflow.set_trace_tag(trace_id, "owner", mail)
    assert mlflow.get_trace(trace_id).info.tags["owner"] == "[e-mail]"
