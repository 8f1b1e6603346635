"""Experiments. A deleted one is hidden from clients until it is restored; its traces stay where they are."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from mlflow_bridge.rest.call import Call, developer
from mlflow_bridge.rest.errors import ApiError, invalid, missing
from mlflow_bridge.rest.models import DeletedExperiment
from mlflow_bridge.rest.paging import page_of
from traces.ingest import taking
from traces.models import Experiment
from traces.search.conditions import LISTS, NULLS, NUMBERS, STRINGS, Condition, compared
from traces.search.grammar import Clause, FilterError, parse
from traces.search.sql import Compared
from traces.search.values import only, time_of

Said = dict[str, Any]
MOST = 50_000  # of one page, as MLflow's
COLUMNS = {
    "name": "name", "creation_time": "created_at", "last_update_time": "updated_at", "experiment_id": "pk",
}  # fmt: skip


def create(call: Call) -> Said:
    developer(call)
    name = call.text("name")
    try:
        with transaction.atomic():
            made = Experiment(name=name, tags=call.pairs("tags"))
            made.clean_fields()
            made.save()
    except IntegrityError as error:
        raise ApiError("RESOURCE_ALREADY_EXISTS", f"Experiment(name={name}) already exists.") from error
    return {"experiment_id": str(made.pk)}


def get(call: Call) -> Said:
    return {"experiment": experiment_json(experiment_for(call))}


def get_by_name(call: Call) -> Said:
    developer(call)
    name = call.text("experiment_name")
    found = with_deletion().filter(name=name).first()
    if found is None:
        raise missing(f"Could not find experiment with name '{name}'")
    return {"experiment": experiment_json(found)}


def search(call: Call) -> Said:
    developer(call)
    rows = with_deletion()
    view = call.text("view_type", "ACTIVE_ONLY")
    if view != "ALL":
        rows = rows.filter(deletion__isnull=view == "ACTIVE_ONLY")
    for clause in parse(call.text("filter", "")):
        rows = rows.filter(condition_of(clause))
    order = [column_of(each) for each in call.texts("order_by")] or ["-updated_at"]
    found, token = page_of(rows.order_by(*order, "-pk"), call.whole("max_results", 1000, most=MOST),
                           call.text("page_token", ""))  # fmt: skip
    said = {"experiments": [experiment_json(each) for each in found], "next_page_token": token}
    return {key: value for key, value in said.items() if value}


def update(call: Call) -> Said:
    experiment, name = experiment_for(call), call.text("new_name")
    experiment.name = name
    experiment.clean_fields()
    try:
        with transaction.atomic():
            experiment.save(update_fields=["name", "updated_at"])
    except IntegrityError as error:
        raise ApiError("RESOURCE_ALREADY_EXISTS", f"Experiment(name={name}) already exists.") from error
    return {}


def delete(call: Call) -> Said:
    experiment = experiment_for(call)
    if experiment.pk == 0:
        raise invalid("The default experiment can't be deleted.")
    DeletedExperiment.objects.get_or_create(experiment=experiment, defaults={"at": timezone.now()})
    return {}


def restore(call: Call) -> Said:
    DeletedExperiment.objects.filter(experiment=experiment_for(call)).delete()
    return {}


def set_tag(call: Call) -> Said:
    return change_tags(call, lambda tags: {**tags, call.text("key"): call.text("value", "")})


def delete_tag(call: Call) -> Said:
    key = call.text("key")

    def without(tags: Said) -> Said:
        if key not in tags:
            raise missing(f"No experiment tag with key '{key}'")
        return {each: value for each, value in tags.items() if each != key}

    return change_tags(call, without)


@transaction.atomic
def change_tags(call: Call, change: Any) -> Said:
    experiment = Experiment.objects.select_for_update(no_key=True).get(pk=experiment_for(call).pk)
    experiment.tags = change(experiment.tags)
    experiment.save(update_fields=["tags", "updated_at"])
    return {}


def with_deletion() -> QuerySet[Experiment]:
    return Experiment.objects.select_related("deletion")


def experiment_for(call: Call, name: str = "experiment_id") -> Experiment:
    """Return the experiment that the call names. Raises: ApiError."""
    developer(call)
    return experiment_of(call.text(name))


def experiment_of(number: str) -> Experiment:
    found = taking.experiment_of(number)
    if found is None:
        raise missing(f"No Experiment with id={number:.40} exists")
    return found


def experiment_json(experiment: Experiment) -> Said:
    said = {
        "experiment_id": str(experiment.pk),
        "name": experiment.name,
        "artifact_location": f"mlflow-artifacts:/{experiment.pk}",
        "lifecycle_stage": "deleted" if hasattr(experiment, "deletion") else "active",
        "last_update_time": int(experiment.updated_at.timestamp() * 1000),
        "creation_time": int(experiment.created_at.timestamp() * 1000),
        "workspace": "default",
    }
    tags = [{"key": key, "value": str(value)} for key, value in experiment.tags.items()]
    return said | ({"tags": tags} if tags else {})


def column_of(order: str) -> str:
    name, _, direction = order.strip().partition(" ")
    if name not in COLUMNS or direction.strip().upper() not in {"", "ASC", "DESC"}:
        raise invalid(f"Invalid order_by clause '{order:.60}'. Known are {', '.join(COLUMNS)}, with ASC or DESC.")
    return ("-" if direction.strip().upper() == "DESC" else "") + COLUMNS[name]


def condition_of(clause: Clause) -> Condition:
    """Return what an experiment must meet. Raises: FilterError."""
    if clause.entity in {"tag", "tags"}:
        return compared(KeyTextTransform(clause.key, "tags"), clause)
    field = COLUMNS.get(clause.key) if clause.entity in {"", "attribute", "attributes"} else None
    if field is None or clause.operator in NULLS:
        raise FilterError(f"Invalid attribute key '{clause.said}' specified.", clause.position)
    if field.endswith("_at"):
        only(clause, NUMBERS)
        return Compared(F(field), clause.operator, time_of(clause))
    only(clause, STRINGS | LISTS)
    return compared(F(field), clause)
