"""Versions of an application, their files, and the files of runs."""

from __future__ import annotations

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai import scorer

from mlflow_bridge.rest.models import StoredFile
from traces.models import Trace


@scorer
def has_answer(outputs) -> bool:
    return bool(outputs)


@pytest.fixture(autouse=True)
def no_active_model():
    yield
    mlflow.clear_active_model()


def traced() -> str:
    with mlflow.start_span("answer") as span:
        span.set_outputs("2")
    mlflow.flush_trace_async_logging()
    return span.trace_id


def test_the_active_model_is_named_by_its_traces(experiment, sdk):
    active = mlflow.set_active_model(name="agent-v1")
    trace_id = traced()
    assert Trace.objects.get(pk=trace_id).metadata["mlflow.modelId"] == active.model_id
    mlflow.clear_active_model()
    traced()
    found = mlflow.search_traces(model_id=active.model_id, return_type="list")
    assert [each.info.trace_id for each in found] == [trace_id]
    assert mlflow.set_active_model(name="agent-v1").model_id == active.model_id


def test_an_evaluation_of_a_model_names_it(experiment):
    active = mlflow.set_active_model(name="agent-v2")
    result = mlflow.genai.evaluate(
        data=[{"inputs": {"q": "1 + 1"}}], predict_fn=lambda q: "2", scorers=[has_answer], model_id=active.model_id
    )
    assert result.metrics == {"has_answer/mean": 1.0}
    assert Trace.objects.get().metadata["mlflow.modelId"] == active.model_id


def test_a_model_is_made_found_changed_and_deleted(experiment, sdk):
    model = sdk.create_logged_model(experiment, name="a", tags={"k": "v"}, params={"p": "1"}, model_type="agent")
    sdk.create_logged_model(experiment, name="b")
    sdk.log_model_params(model.model_id, {"q": "2"})
    sdk.set_logged_model_tags(model.model_id, {"k/2": "w"})
    sdk.delete_logged_model_tag(model.model_id, "k")
    found = sdk.finalize_logged_model(model.model_id, "READY")
    assert (found.name, found.tags, found.params, str(found.status)) == (
        "a",
        {"k/2": "w"},
        {"p": "1", "q": "2"},
        "READY",
    )
    for filter_string in ("name = 'a'", "tags.`k/2` = 'w'", "params.q = '2'", "status = 'LOGGED_MODEL_READY'",
                          "creation_timestamp > 1 AND model_type LIKE 'ag%'"):  # fmt: skip
        assert [each.name for each in sdk.search_logged_models([experiment], filter_string=filter_string)] == ["a"]
    by_name = sdk.search_logged_models(
        [experiment], order_by=[{"field_name": "name", "ascending": False}], max_results=1
    )
    assert [each.name for each in by_name] == ["b"]
    after = sdk.search_logged_models(
        [experiment], order_by=[{"field_name": "name", "ascending": False}], page_token=by_name.token
    )
    assert [each.name for each in after] == ["a"]
    sdk.delete_logged_model(model.model_id)
    with pytest.raises(MlflowException) as refused:
        sdk.get_logged_model(model.model_id)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_what_a_model_can_not_be_searched_by_is_said(experiment, sdk):
    for how in ({"filter_string": "metrics.m > 1"}, {"order_by": [{"field_name": "metrics.m"}]}):
        with pytest.raises(MlflowException) as refused:
            sdk.search_logged_models([experiment], **how)
        assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_files_of_a_run_come_back(experiment, sdk, tmp_path):
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "a/b.txt")
        mlflow.log_dict({"k": 1}, "c.json")
    assert [(each.path, each.is_dir) for each in sdk.list_artifacts(run.info.run_id)] == [
        ("a", True),
        ("c.json", False),
    ]
    assert [each.path for each in sdk.list_artifacts(run.info.run_id, "a")] == ["a/b.txt"]
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/a/b.txt") == "hello"
    sdk.download_artifacts(run.info.run_id, "", str(tmp_path))
    assert (tmp_path / "a" / "b.txt").read_text() == "hello"


def test_a_folder_is_deleted_with_what_is_in_it(experiment, sdk, dana_client):
    run = sdk.create_run(experiment).info.run_id
    sdk.log_text(run, "one", "a/b.txt")
    sdk.log_text(run, "two", "ab.txt")
    dana_client("DELETE", f"api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/a")
    assert [each.path for each in StoredFile.objects.all()] == ["ab.txt"]


def test_there_are_no_files_of_nothing_and_none_for_experts(experiment, sdk, dana_client, ask, alice):
    run = sdk.create_run(experiment).info.run_id
    base = "api/2.0/mlflow-artifacts/artifacts"
    for path in (f"{experiment}/nope/artifacts/a", f"{experiment}/models/m-nope/artifacts/a"):
        assert dana_client("PUT", f"{base}/{path}", content=b"x").status_code == 404
    assert dana_client("GET", f"{base}/{experiment}/{run}/artifacts/nope").status_code == 404
    assert dana_client("PUT", f"{base}/{experiment}/{run}/artifacts/../x", content=b"x").status_code in {400, 404}
    assert dana_client("GET", f"{base}?path={experiment}/nope/artifacts").status_code == 404
    assert ask(alice, "GET", f"{base}?path={experiment}/{run}/artifacts").status_code == 403
    assert ask(alice, "PUT", f"{base}/{experiment}/{run}/artifacts/a", content=b"x").status_code == 403
