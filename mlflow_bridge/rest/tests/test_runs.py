"""Runs and mlflow.genai.evaluate."""

from __future__ import annotations

import mlflow
import pytest
from mlflow.entities import Metric, ViewType
from mlflow.exceptions import MlflowException
from mlflow.genai import scorer

from traces.models import Assessment, Trace


@scorer
def exact(outputs, expectations) -> bool:
    return outputs == expectations["expected_response"]


@scorer
def has_answer(outputs) -> bool:
    return bool(outputs)


def test_a_run_keeps_tags_parameters_and_the_latest_figures(sdk, experiment):
    with mlflow.start_run(run_name="first") as run:
        mlflow.log_param("p", 1)
        mlflow.log_metric("m", 1.5, step=1)
        mlflow.log_metric("m", 2.5, step=2)
        mlflow.set_tag("t", "v")
    found = sdk.get_run(run.info.run_id)
    assert (found.info.run_name, found.info.status, found.info.lifecycle_stage) == ("first", "FINISHED", "active")
    assert (found.data.params, found.data.metrics, found.data.tags["t"]) == ({"p": "1"}, {"m": 2.5}, "v")


def test_runs_are_found_deleted_and_restored(sdk, experiment):
    one, two = (sdk.create_run(experiment, run_name=name, tags={"k": name}) for name in ("one", "two"))
    assert [run.info.run_name for run in sdk.search_runs([experiment], "tags.k = 'two'")] == ["two"]
    assert len(sdk.search_runs([experiment], order_by=["attributes.start_time ASC"], max_results=1)) == 1
    sdk.delete_run(one.info.run_id)
    assert [run.info.run_name for run in sdk.search_runs([experiment])] == ["two"]
    assert [run.info.run_name for run in sdk.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)] == ["one"]
    sdk.restore_run(one.info.run_id)
    sdk.delete_tag(two.info.run_id, "k")
    assert "k" not in sdk.get_run(two.info.run_id).data.tags


def test_a_batch_is_one_call(sdk, experiment):
    run = sdk.create_run(experiment).info.run_id
    sdk.log_batch(run, metrics=[Metric("a/mean", 1.0, 1, 0)])
    assert sdk.get_run(run).data.metrics == {"a/mean": 1.0}


def test_a_missing_run_is_said_to_be_missing(sdk):
    with pytest.raises(MlflowException) as refused:
        sdk.get_run("0" * 32)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_an_evaluation_of_data_makes_traces_and_judges_them(experiment):
    data = [{"inputs": {"q": "1 + 1"}, "expectations": {"expected_response": "2"}}]
    result = mlflow.genai.evaluate(data=data, predict_fn=lambda q: "2", scorers=[exact])
    assert result.metrics == {"exact/mean": 1.0}
    said = Assessment.objects.get(name="exact")
    assert (said.value, said.source_type, said.trace.metadata["mlflow.sourceRun"]) == (True, "CODE", result.run_id)
    assert Assessment.objects.get(name="expected_response").value == "2"


def test_an_evaluation_of_traces_judges_those(experiment, sdk):
    for _ in range(2):
        with mlflow.start_span("answer") as span:
            span.set_inputs({"q": "1 + 1"})
            span.set_outputs("2")
    mlflow.flush_trace_async_logging()
    result = mlflow.genai.evaluate(data=mlflow.search_traces(locations=[experiment]), scorers=[has_answer])
    assert result.metrics == {"has_answer/mean": 1.0}
    assert Assessment.objects.filter(name="has_answer", value=True).count() == Trace.objects.count() == 2
    found = sdk.search_traces(locations=[experiment], filter_string=f"attribute.run_id = '{result.run_id}'")
    assert len(found) == 2
