"""Logged models: versions of an application, which traces name (`mlflow.set_active_model`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from mlflow_bridge.rest.call import Call, developer
from mlflow_bridge.rest.errors import invalid, missing
from mlflow_bridge.rest.experiments import experiment_for
from mlflow_bridge.rest.models import LoggedModel
from mlflow_bridge.rest.paging import page_of
from mlflow_bridge.rest.runs import as_pairs
from traces.search.conditions import Condition, compared
from traces.search.grammar import Clause, FilterError, parse
from traces.search.sql import Compared
from traces.search.values import time_of

Said = dict[str, Any]
MOST = 50_000
COLUMNS = {
    "name": "name", "model_id": "model_id", "model_type": "model_type", "status": "status",
    "source_run_id": "source_run_id", "creation_timestamp": "created_at", "creation_time": "created_at",
    "last_updated_timestamp": "updated_at",
}  # fmt: skip


def create(call: Call) -> Said:
    experiment = experiment_for(call)
    model = LoggedModel(
        experiment=experiment, model_type=call.text("model_type", ""), source_run_id=call.text("source_run_id", ""),
        tags=call.pairs("tags"), params=call.pairs("params"),
    )  # fmt: skip
    model.name = call.text("name", "") or f"model-{model.pk[2:10]}"
    model.clean_fields(exclude=["experiment"])
    model.save(force_insert=True)
    return {"model": model_json(model)}


def get(call: Call) -> Said:
    return {"model": model_json(model_for(call))}


def finalize(call: Call) -> Said:
    status = call.choice("status", LoggedModel.Status.values)
    return {"model": model_json(changed(call, lambda model: setattr(model, "status", status)))}


def delete(call: Call) -> Said:
    changed(call, lambda model: setattr(model, "deleted_at", timezone.now()))
    return {}


def log_params(call: Call) -> Said:
    changed(call, lambda model: model.params.update(call.pairs("params")))
    return {}


def set_tags(call: Call) -> Said:
    return {"model": model_json(changed(call, lambda model: model.tags.update(call.pairs("tags"))))}


def delete_tag(call: Call) -> Said:
    key = call.text("key")

    def change(model: LoggedModel) -> None:
        if model.tags.pop(key, None) is None:
            raise missing(f"No tag with key '{key:.60}' found for model with ID '{model.pk}'.")

    changed(call, change)
    return {}


def search(call: Call) -> Said:
    developer(call)
    ids = [int(each) for each in call.texts("experiment_ids") if each.isascii() and each.isdigit() and len(each) < 19]
    rows = LoggedModel.objects.filter(experiment__in=ids, deleted_at=None)
    for clause in parse(call.text("filter", "")):
        rows = rows.filter(condition_of(clause))
    order = [column_of(each) for each in call.members("order_by")] or ["-created_at"]
    size = call.whole("max_results", 100, most=MOST) or 100
    found, token = page_of(rows.order_by(*order, "pk"), size, call.text("page_token", ""))
    said = {"models": [model_json(each) for each in found], "next_page_token": token}
    return {key: value for key, value in said.items() if value}


@transaction.atomic
def changed(call: Call, change: Callable[[LoggedModel], object]) -> LoggedModel:
    """Change the model that the call names, which nobody else does at the same time. Raises: ApiError."""
    model = LoggedModel.objects.select_for_update(no_key=True).get(pk=model_for(call).pk)
    change(model)
    model.clean_fields(exclude=["experiment"])
    model.save()
    return model


def model_for(call: Call) -> LoggedModel:
    """Raises: ApiError."""
    developer(call)
    model_id = call.text("model_id")
    model = LoggedModel.objects.filter(pk=model_id, deleted_at=None).first()
    if model is None:
        raise missing(f"Logged model with ID '{model_id:.60}' not found.")
    return model


def condition_of(clause: Clause) -> Condition:
    """Return what a model must meet: of its tags, parameters, name and state. Raises: FilterError."""
    if clause.entity in {"tag", "tags"}:
        return compared(KeyTextTransform(clause.key, "tags"), clause)
    if clause.entity in {"param", "params"}:
        return compared(KeyTextTransform(clause.key, "params"), clause)
    if clause.entity not in {"", "attribute", "attributes"} or clause.key not in COLUMNS:
        raise FilterError(f"Logged models can't be searched by '{clause.said}' here.", clause.position)
    field = COLUMNS[clause.key]
    if field.endswith("_at"):
        return Compared(F(field), clause.operator, time_of(clause))
    return compared(F(field), clause)


def column_of(order: Said) -> str:
    """Raises: ApiError."""
    name = str(order.get("field_name", "")).removeprefix("attributes.").removeprefix("attribute.")
    if name not in COLUMNS:
        raise invalid(f"Logged models can't be sorted by '{name:.60}' here. Known are {', '.join(COLUMNS)}.")
    return COLUMNS[name] if order.get("ascending", True) else "-" + COLUMNS[name]


def model_json(model: LoggedModel) -> Said:
    info = {
        "model_id": model.pk,
        "experiment_id": str(model.experiment_id),
        "name": model.name,
        "creation_timestamp_ms": int(model.created_at.timestamp() * 1000),
        "last_updated_timestamp_ms": int(model.updated_at.timestamp() * 1000),
        "artifact_uri": f"mlflow-artifacts:/{model.experiment_id}/models/{model.pk}/artifacts",
        "status": model.status,
        "model_type": model.model_type,
        "source_run_id": model.source_run_id,
    }
    tags, params = as_pairs(model.tags), as_pairs(model.params)
    return {"info": info | ({"tags": tags} if tags else {}), "data": {"params": params} if params else {}}
