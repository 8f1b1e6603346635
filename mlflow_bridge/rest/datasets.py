"""Evaluation datasets: a name, tags and experiments; their records are in `dataset_records`."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from mlflow_bridge.rest.call import Call, developer
from mlflow_bridge.rest.errors import invalid, missing
from mlflow_bridge.rest.experiments import experiment_of
from mlflow_bridge.rest.paging import page_of
from quality.models import EvaluationDataset
from traces.models import Experiment
from traces.search.conditions import NULLS, NUMBERS, Condition, compared
from traces.search.grammar import Clause, FilterError, parse
from traces.search.sql import Compared
from traces.search.values import only, time_of

Said = dict[str, Any]
MOST = 1000
COLUMNS = {
    "name": "name", "created_time": "created_at", "last_update_time": "updated_at", "created_by": "created_by",
    "last_updated_by": "updated_by",
}  # fmt: skip


@transaction.atomic
def create(call: Call) -> Said:
    user = developer(call)
    experiments = [experiment_of(each) for each in call.texts("experiment_ids")]
    made = EvaluationDataset(name=call.text("name"), tags=tags_in(call), created_by=user.email, updated_by=user.email)
    made.clean_fields()
    made.save(force_insert=True)
    made.experiments.set(experiments)
    return {"dataset": {**dataset_json(found(made.pk)), "experiment_ids": ids_of(made)}}


def get(call: Call) -> Said:
    return {"dataset": dataset_json(dataset_for(call))}


def delete(call: Call) -> Said:
    developer(call)
    EvaluationDataset.objects.filter(pk=call.text("dataset_id")).delete()
    return {}


def search(call: Call) -> Said:
    developer(call)
    rows = datasets()
    if ids := call.texts("experiment_ids"):
        numbers = [int(each) for each in ids if each.isascii() and each.isdigit() and len(each) < 19]
        rows = rows.filter(pk__in=EvaluationDataset.objects.filter(experiments__in=numbers).values("pk"))
    for clause in parse(call.text("filter_string", "")):
        rows = rows.filter(condition_of(clause))
    order = [column_of(each) for each in call.texts("order_by")] or ["-created_at"]
    some, token = page_of(rows.order_by(*order, "pk"), call.whole("max_results", MOST, most=MOST),
                          call.text("page_token", ""))  # fmt: skip
    said = {"datasets": [dataset_json(each) for each in some], "next_page_token": token}
    return {key: value for key, value in said.items() if value}


@transaction.atomic
def set_tags(call: Call) -> Said:
    """Set tags; one without a value is taken away."""
    dataset = held(call)
    tags = {**dataset.tags, **tags_in(call)}
    dataset.tags = {key: value for key, value in tags.items() if value is not None}
    dataset.save(update_fields=["tags"])
    dataset.touch(by=call.user.email)
    return {}


@transaction.atomic
def delete_tag(call: Call) -> Said:
    dataset = held(call)
    dataset.tags.pop(call.text("key"), None)
    dataset.save(update_fields=["tags"])
    dataset.touch(by=call.user.email)
    return {}


def add_experiments(call: Call) -> Said:
    dataset = dataset_for(call)
    dataset.experiments.add(*experiments_in(call))
    return {"dataset": dataset_json(dataset)}


def remove_experiments(call: Call) -> Said:
    dataset = dataset_for(call)
    dataset.experiments.remove(*experiments_in(call))
    return {"dataset": dataset_json(dataset)}


def experiment_ids(call: Call) -> Said:
    return {"experiment_ids": ids_of(dataset_for(call))}


def experiments_in(call: Call) -> list[Experiment]:
    return [experiment_of(each) for each in call.texts("experiment_ids")]


def ids_of(dataset: EvaluationDataset) -> list[str]:
    return [str(each) for each in dataset.experiments.order_by("pk").values_list("pk", flat=True)]


def datasets() -> QuerySet[EvaluationDataset]:
    return EvaluationDataset.objects.annotate(n_records=Count("records", filter=Q(records__removed_at=None)))


def found(dataset_id: str) -> EvaluationDataset:
    """Raises: ApiError."""
    dataset = datasets().filter(pk=dataset_id).first()
    if dataset is None:
        raise missing(f"Evaluation dataset with id '{dataset_id:.60}' not found")
    return dataset


def dataset_for(call: Call) -> EvaluationDataset:
    developer(call)
    return found(call.text("dataset_id"))


def held(call: Call) -> EvaluationDataset:
    """Return the dataset that the call names, which nobody else changes until the transaction ends."""
    return EvaluationDataset.objects.select_for_update(no_key=True).get(pk=dataset_for(call).pk)


def tags_in(call: Call) -> dict[str, Any]:
    """Return the tags, which come as JSON in a string. Raises: ApiError."""
    try:
        tags = json.loads(call.text("tags", "{}"))
    except (ValueError, RecursionError):
        tags = None
    if not isinstance(tags, dict):
        raise invalid("tags has to be an object of texts, as JSON in a string.")
    return {key: value if value is None else str(value) for key, value in tags.items()}


def condition_of(clause: Clause) -> Condition:
    """Return what a dataset must meet. Raises: FilterError."""
    if clause.entity in {"tag", "tags"}:
        return compared(KeyTextTransform(clause.key, "tags"), clause)
    field = COLUMNS.get(clause.key) if not clause.entity else None
    if field is None or clause.operator in NULLS:
        raise FilterError(f"Invalid attribute key '{clause.said}' specified.", clause.position)
    if field.endswith("_at"):
        only(clause, NUMBERS)
        return Compared(F(field), clause.operator, time_of(clause))
    return compared(F(field), clause)


def column_of(order: str) -> str:
    name, _, direction = order.strip().partition(" ")
    if name not in COLUMNS or direction.strip().upper() not in {"", "ASC", "DESC"}:
        raise invalid(f"Invalid order_by clause '{order:.60}'. Known are {', '.join(COLUMNS)}, with ASC or DESC.")
    return ("-" if direction.strip().upper() == "DESC" else "") + COLUMNS[name]


def dataset_json(dataset: EvaluationDataset) -> Said:
    """Write a dataset of `datasets()`, which counts its records."""
    n_records: int = getattr(dataset, "n_records", 0)
    said = {
        "dataset_id": dataset.pk,
        "name": dataset.name,
        "tags": json.dumps(dataset.tags),
        "profile": json.dumps({"num_records": n_records}) if n_records else "",
        "digest": hashlib.sha256(f"{dataset.pk} {dataset.updated_at}".encode()).hexdigest()[:8],
        "created_time": int(dataset.created_at.timestamp() * 1000),
        "last_update_time": int(dataset.updated_at.timestamp() * 1000),
        "created_by": dataset.created_by,
        "last_updated_by": dataset.updated_by,
    }
    return {key: value for key, value in said.items() if value != ""}
