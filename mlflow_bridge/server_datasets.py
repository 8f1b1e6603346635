"""Evaluation datasets of a tracking server: found by what ours are called there, made, and added to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mlflow_bridge.provenance import tags_with_provenance
from mlflow_bridge.server import MlflowServer, Refused
from quality.models import DatasetRecord, EvaluationDataset

DATASETS = "/api/3.0/mlflow/datasets"
OURS = "reviewapp.dataset_id"  # tag there: which of our datasets it is
USER = "mlflow.user"  # tag: who changed it, as the server takes it

Said = dict[str, Any]


def find_dataset(server: MlflowServer, dataset: EvaluationDataset) -> str:
    """Return the id there of a dataset that was made of ours; empty when there is none."""
    asked = {"filter_string": f"tags.{OURS} = '{dataset.pk}'", "max_results": 1, "order_by": ["created_time ASC"]}
    found = server.call("POST", f"{DATASETS}/search", json=asked).get("datasets", [])
    return str(found[0]["dataset_id"]) if found else ""


def make_dataset(server: MlflowServer, dataset: EvaluationDataset, experiment_ids: Sequence[str]) -> str:
    """Make one, and return its id there."""
    said = {"name": dataset.name, "experiment_ids": list(experiment_ids), "tags": json.dumps(tags_of(dataset))}
    made = server.call("POST", f"{DATASETS}/create", json=said).get("dataset", {})
    if not made.get("dataset_id"):
        raise Refused("The server made no dataset.")
    return str(made["dataset_id"])


def write_tags(server: MlflowServer, remote_id: str, dataset: EvaluationDataset) -> None:
    """Write the tags that ours has; others stay. Raises: NotThere."""
    server.call("PATCH", f"{DATASETS}/{quote(remote_id)}/tags", json={"tags": json.dumps(tags_of(dataset))})


def merge_records(server: MlflowServer, remote_id: str, records: Sequence[DatasetRecord], *, by: str) -> None:
    """Add records; the server merges them by their inputs, so that twice is once. Raises: NotThere."""
    said = json.dumps([record_json(each, by) for each in records])
    server.call("POST", f"{DATASETS}/{quote(remote_id)}/records", json={"records": said})


def tags_of(dataset: EvaluationDataset) -> Mapping[str, str]:
    tags = {key: str(value) for key, value in dataset.tags.items() if not key.startswith("mlflow.")}
    return {**tags, OURS: dataset.pk, USER: dataset.updated_by or dataset.created_by}


def record_json(record: DatasetRecord, by: str) -> Said:
    tags = {USER: record.updated_by or by, **tags_with_provenance(record)}
    said = {"inputs": record.inputs, "expectations": record.expectations, "outputs": record.outputs,
            "tags": tags, "source": record.source}  # fmt: skip
    return {key: value for key, value in said.items() if value is not None}
