"""Evaluation datasets through the SDK."""

from __future__ import annotations

import json

import mlflow
import pytest
from django.utils import timezone
from mlflow.entities import AssessmentSource
from mlflow.exceptions import MlflowException
from mlflow.genai import datasets

from quality.gathering import merge_labels
from quality.models import DatasetRecord, EvaluationDataset
from traces.models import Experiment

ONE = {"inputs": {"q": "a"}, "expectations": {"expected_response": "A"}, "tags": {"t": "1"}}


@pytest.fixture
def dataset(experiment):
    return datasets.create_dataset(name="gold", experiment_id=experiment, tags={"team": "qa"})


def test_one_is_made_and_found_by_id_name_and_search(experiment, dataset):
    assert datasets.get_dataset(dataset_id=dataset.dataset_id).name == "gold"
    assert datasets.get_dataset(name="gold").tags["team"] == "qa"
    found = datasets.search_datasets(
        experiment_ids=[experiment], filter_string="name LIKE 'go%' AND tags.team = 'qa'", order_by=["name ASC"]
    )
    assert [each.dataset_id for each in found] == [dataset.dataset_id]
    assert list(datasets.search_datasets(filter_string="name = 'other'")) == []
    assert EvaluationDataset.objects.get().created_by == "dana@example.org"


def test_records_of_the_same_inputs_are_one(dataset):
    dataset.merge_records([ONE, {"inputs": {"q": "b"}}])
    dataset.merge_records([{"inputs": {"q": "a"}, "expectations": {"guidelines": ["be brief"]}, "tags": {"t": "2"}}])
    a, b = sorted(datasets.get_dataset(name="gold").to_df().to_dict("records"), key=lambda each: each["inputs"]["q"])
    assert a["expectations"] == {"expected_response": "A", "guidelines": ["be brief"]}
    assert (a["tags"]["t"], b["expectations"]) == ("2", None)


def test_records_come_from_traces_with_what_was_expected_of_them(experiment, dataset):
    with mlflow.start_span("answer") as span:
        span.set_inputs({"q": "1 + 1"})
        span.set_outputs("2")
    mlflow.flush_trace_async_logging()
    trace_id = mlflow.get_last_active_trace_id()
    mlflow.log_expectation(trace_id=trace_id, name="expected_response", value="2")
    dataset.merge_records(mlflow.search_traces(locations=[experiment]))
    record = DatasetRecord.objects.get()
    assert (record.inputs, record.expectations) == ({"q": "1 + 1"}, {"expected_response": "2"})
    assert record.source["source_data"]["trace_id"] == trace_id


def test_what_experts_expect_comes_with_where_it_comes_from(experiment, dataset):
    with mlflow.start_span("answer") as span:
        span.set_inputs({"q": "1 + 1"})
    mlflow.flush_trace_async_logging()
    trace_id = mlflow.get_last_active_trace_id()
    source = AssessmentSource("HUMAN", "alice@example.org")
    mlflow.log_expectation(trace_id=trace_id, name="expected_response", value="2", source=source)
    ours = EvaluationDataset.objects.get(pk=dataset.dataset_id)
    merge_labels(ours, [trace_id], by="dana@example.org")
    (record,) = datasets.get_dataset(name="gold").to_df().to_dict("records")
    assert (record["inputs"], record["expectations"]) == ({"q": "1 + 1"}, {"expected_response": "2"})
    assert (record["source_type"], record["source_id"]) == ("TRACE", trace_id)
    said = json.loads(record["tags"]["reviewapp.provenance"])["expected_response"]
    assert (said["trace_ids"], said["by"]) == ([trace_id], ["alice@example.org"])


def test_removed_records_are_not_shown(dataset):
    dataset.merge_records([ONE, {"inputs": {"q": "b"}}])
    DatasetRecord.objects.filter(inputs__q="b").update(removed_at=timezone.now())
    found = datasets.get_dataset(name="gold")
    assert list(found.to_df()["inputs"]) == [{"q": "a"}]
    assert json.loads(found.profile) == {"num_records": 1}


def test_records_are_deleted(dataset):
    dataset.merge_records([ONE, {"inputs": {"q": "b"}}])
    record = DatasetRecord.objects.get(inputs__q="a")
    assert dataset.delete_records([record.pk]) == 1
    assert list(datasets.get_dataset(name="gold").to_df()["inputs"]) == [{"q": "b"}]


def test_tags_and_experiments_change(sdk, dataset):
    datasets.set_dataset_tags(dataset_id=dataset.dataset_id, tags={"x": "y", "gone": "1"})
    datasets.delete_dataset_tag(dataset_id=dataset.dataset_id, key="gone")
    tags = datasets.get_dataset(dataset_id=dataset.dataset_id).tags
    assert (tags["x"], "gone" in tags) == ("y", False)
    other = str(Experiment.objects.create(name="other").pk)
    datasets.add_dataset_to_experiments(dataset_id=dataset.dataset_id, experiment_ids=[other])
    assert other in datasets.get_dataset(dataset_id=dataset.dataset_id).experiment_ids
    datasets.remove_dataset_from_experiments(dataset_id=dataset.dataset_id, experiment_ids=[other])
    assert other not in datasets.get_dataset(dataset_id=dataset.dataset_id).experiment_ids


def test_a_deleted_one_is_gone(dataset):
    datasets.delete_dataset(dataset_id=dataset.dataset_id)
    with pytest.raises(MlflowException) as refused:
        datasets.get_dataset(dataset_id=dataset.dataset_id)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_an_evaluation_takes_a_dataset(experiment, dataset):
    dataset.merge_records([ONE])

    @mlflow.genai.scorer
    def right(outputs, expectations) -> bool:
        return outputs == expectations["expected_response"]

    result = mlflow.genai.evaluate(data=dataset, predict_fn=lambda q: "A", scorers=[right])
    assert result.metrics == {"right/mean": 1.0}


@pytest.mark.parametrize("records", ["", "{", "{}", "[1]", '[{"inputs": 1}]', '[{"inputs": {}, "tags": 3}]'])
def test_what_are_no_records_is_refused(dana_client, dataset, records):
    path = f"api/3.0/mlflow/datasets/{dataset.dataset_id}/records"
    answer = dana_client("POST", path, json={"records": records})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_experts_have_none(ask, alice, dataset):
    assert ask(alice, "GET", f"api/3.0/mlflow/datasets/{dataset.dataset_id}").status_code == 403
