"""Runs, as far as evaluations need them: figures, parameters and tags, of each the latest; no files, no history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from mlflow_bridge.rest.call import HINT, Call, developer
from mlflow_bridge.rest.errors import invalid, missing
from mlflow_bridge.rest.experiments import experiment_for
from mlflow_bridge.rest.models import Run
from mlflow_bridge.rest.paging import page_of
from mlflow_bridge.rest.session_runs import run_of_session
from traces.search.conditions import Condition, compared
from traces.search.grammar import Clause, FilterError, parse

Said = dict[str, Any]
NAME = "mlflow.runName"
MOST = 50_000
COLUMNS = {"run_id": "run_id", "run_name": "name", "status": "status", "user_id": "user_id"}
SORTED_BY = {"start_time": "start_time_ms", "end_time": "end_time_ms", "run_name": "name", "status": "status"}


def create(call: Call) -> Said:
    experiment, tags = experiment_for(call), call.pairs("tags")
    run = Run(experiment=experiment, user_id=call.text("user_id", "")[:250], tags=tags)
    run.start_time_ms = call.whole("start_time", int(timezone.now().timestamp() * 1000), most=2**62)
    run.name = (call.text("run_name", "") or tags.get(NAME, f"run-{run.pk[:8]}"))[:250]
    run.tags[NAME] = run.name
    run.save(force_insert=True)
    return {"run": run_json(run)}


def get(call: Call) -> Said:
    """Answer with a run; every labeling session is one, too."""
    developer(call)
    run = run_of_session(call.text("run_id", "")) or run_for(call)
    return {"run": {**run_json(run), "outputs": {}}}


def update(call: Call) -> Said:
    def change(run: Run) -> None:
        if call.has("status"):
            run.status = call.text("status")
        if call.has("end_time"):
            run.end_time_ms = call.whole("end_time", most=2**62)
        if call.has("run_name"):
            run.name = call.text("run_name")[:250]
            run.tags[NAME] = run.name
        run.clean_fields()

    return {"run_info": info_json(changed(call, change))}


def search(call: Call) -> Said:
    developer(call)
    ids = [int(each) for each in call.texts("experiment_ids") if each.isascii() and each.isdigit() and len(each) < 19]
    rows = Run.objects.filter(experiment__in=ids)
    view = call.text("run_view_type", "ACTIVE_ONLY")
    if view != "ALL":
        rows = rows.filter(deleted_at__isnull=view == "ACTIVE_ONLY")
    for clause in parse(call.text("filter", "")):
        rows = rows.filter(condition_of(clause))
    order = [column_of(each) for each in call.texts("order_by")] or ["-start_time_ms"]
    found, token = page_of(rows.order_by(*order, "run_id"), call.whole("max_results", 1000, most=MOST),
                           call.text("page_token", ""))  # fmt: skip
    said = {"runs": [run_json(each) for each in found], "next_page_token": token}
    return {key: value for key, value in said.items() if value}


def delete(call: Call) -> Said:
    changed(call, lambda run: setattr(run, "deleted_at", timezone.now()))
    return {}


def restore(call: Call) -> Said:
    changed(call, lambda run: setattr(run, "deleted_at", None))
    return {}


def set_tag(call: Call) -> Said:
    changed(call, lambda run: tag(run, {call.text("key"): call.text("value", "")}))
    return {}


def delete_tag(call: Call) -> Said:
    key = call.text("key")

    def change(run: Run) -> None:
        if run.tags.pop(key, None) is None:
            raise missing(f"No tag with name: {key:.60} in run with id {run.pk}")

    changed(call, change)
    return {}


def log_parameter(call: Call) -> Said:
    changed(call, lambda run: run.params.update({call.text("key"): call.text("value", "")}))
    return {}


def log_metric(call: Call) -> Said:
    changed(call, lambda run: measure(run, [call.said]))
    return {}


def log_batch(call: Call) -> Said:
    def change(run: Run) -> None:
        measure(run, call.members("metrics"))
        run.params.update(call.pairs("params"))
        tag(run, call.pairs("tags"))

    changed(call, change)
    return {}


def log_inputs(call: Call) -> Said:
    changed(call, lambda run: run.datasets.extend(call.members("datasets")))
    return {}


@transaction.atomic
def changed(call: Call, change: Callable[[Run], object]) -> Run:
    """Change the run that the call names, which nobody else does at the same time. Raises: ApiError."""
    run = Run.objects.select_for_update(no_key=True).get(pk=run_for(call).pk)
    change(run)
    run.save()
    return run


def run_for(call: Call) -> Run:
    """Raises: ApiError."""
    developer(call)
    run_id = call.text("run_id", "") or call.text("run_uuid")
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        raise missing(f"Run with id={run_id:.60} not found")
    return run


def tag(run: Run, tags: dict[str, str]) -> None:
    run.tags.update(tags)
    run.name = run.tags.get(NAME, run.name)[:250]


def measure(run: Run, metrics: list[Said]) -> None:
    """Keep the latest of each metric. Raises: ApiError."""
    for each in metrics:
        if "key" not in each or "value" not in each:
            raise invalid(f"Missing value for required parameter 'key' or 'value'. {HINT}")
        now = {"value": each["value"], "timestamp": each.get("timestamp", 0), "step": each.get("step", 0)}
        before = run.metrics.get(str(each["key"]))
        if before is None or (before["step"], before["timestamp"]) <= (now["step"], now["timestamp"]):
            run.metrics[str(each["key"])] = now


def condition_of(clause: Clause) -> Condition:
    """Return what a run must meet: of its tags, parameters, name and state. Raises: FilterError."""
    if clause.entity in {"tag", "tags"}:
        return compared(KeyTextTransform(clause.key, "tags"), clause)
    if clause.entity in {"param", "params", "parameter", "parameters"}:
        return compared(KeyTextTransform(clause.key, "params"), clause)
    if clause.entity not in {"", "attribute", "attributes", "run"} or clause.key not in COLUMNS:
        raise FilterError(f"Runs can't be searched by '{clause.said}' here.", clause.position)
    return compared(F(COLUMNS[clause.key]), clause)


def column_of(order: str) -> str:
    name, _, direction = order.strip().removeprefix("attributes.").removeprefix("attribute.").partition(" ")
    if name not in SORTED_BY or direction.strip().upper() not in {"", "ASC", "DESC"}:
        raise invalid(f"Invalid order_by clause '{order:.60}'. Known are {', '.join(SORTED_BY)}, with ASC or DESC.")
    return ("-" if direction.strip().upper() == "DESC" else "") + SORTED_BY[name]


def info_json(run: Run) -> Said:
    said = {
        "run_uuid": run.pk,
        "run_id": run.pk,
        "experiment_id": str(run.experiment_id),
        "run_name": run.name,
        "user_id": run.user_id,
        "status": run.status,
        "start_time": run.start_time_ms,
        "end_time": run.end_time_ms,
        "artifact_uri": f"mlflow-artifacts:/{run.experiment_id}/{run.pk}/artifacts",
        "lifecycle_stage": "deleted" if run.deleted_at else "active",
    }
    return {key: value for key, value in said.items() if value not in (None, "")}


def run_json(run: Run) -> Said:
    data = {
        "metrics": [{"key": key, **each} for key, each in run.metrics.items()],
        "params": as_pairs(run.params),
        "tags": as_pairs(run.tags),
    }
    return {
        "info": info_json(run),
        "data": {key: value for key, value in data.items() if value},
        "inputs": {"dataset_inputs": run.datasets} if run.datasets else {},
    }


def as_pairs(texts: dict[str, str]) -> list[Said]:
    return [{"key": key, "value": value} for key, value in texts.items()]
