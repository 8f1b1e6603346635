"""Traces in, and what changes about them. Spans come beside this, over OTLP, before it or after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from mlflow_bridge.rest.call import Call, as_object, developer
from mlflow_bridge.rest.errors import invalid, missing
from mlflow_bridge.rest.experiments import experiment_for, experiment_of
from mlflow_bridge.rest.reading import changeable_trace_for
from mlflow_bridge.rest.sources import source_for
from mlflow_bridge.rest.trace_json import infos_of
from traces.access import traces_for
from traces.columns import RUN
from traces.deleting import delete_traces
from traces.ingest.admission import waiting_for_locks
from traces.ingest.mlflow_json import PLACES, read_trace
from traces.ingest.whole_traces import store_trace
from traces.models import Trace
from traces.redaction.door import masked_words

Said = dict[str, Any]
NAME = "mlflow.traceName"
MOST_LINKED = 100
MOST_DELETED = 1000


def start(call: Call) -> Said:
    """Store what a client says about a trace; what spans told already and nobody says stays."""
    user = developer(call)
    info = as_object(call.member("trace"), "trace_info")
    place = as_object(as_object(info, "trace_location"), "mlflow_experiment")
    experiment = experiment_of(str(place.get("experiment_id", "")))
    told = read_trace({"info": info, "data": {"spans": []}})
    for said in told.assessments:
        said.source_id = source_for(user, said.source_type, said.source_id)
    with waiting_for_locks(settings.INGEST_LOCK_WAIT_S):
        trace = store_trace(experiment, told)
    return {"trace": {"trace_info": infos_of([trace], user)[0]}}


def set_tag(call: Call) -> Said:
    key, value = call.text("key"), call.text("value", "")
    if key in PLACES:
        return change_tags(call, lambda tags: tags)
    tag = masked_words(changeable_trace_for(call).experiment, {"tags": {key: value}})["tags"]
    return change_tags(call, lambda tags: {**tags, **tag})


def delete_tag(call: Call) -> Said:
    key, trace_id = call.text("key"), call.text("trace_id")

    def without(tags: Said) -> Said:
        if key not in tags:
            raise missing(f"No trace tag with key '{key}' for trace with ID '{trace_id}'")
        return {each: value for each, value in tags.items() if each != key}

    return change_tags(call, without)


@transaction.atomic
def change_tags(call: Call, change: Callable[[Said], Said]) -> Said:
    trace = Trace.objects.select_for_update(no_key=True).get(pk=changeable_trace_for(call).pk)
    trace.tags = change(trace.tags)
    trace.name = str(trace.tags.get(NAME, trace.name))[:250]
    trace.save(update_fields=["tags", "name"])
    return {}


def delete(call: Call) -> Said:
    """Delete traces, but those that a session or a chat still needs; the answer counts those that are gone."""
    experiment = experiment_for(call)
    traces = traces_for(call.user).filter(experiment=experiment)
    ids = call.texts("request_ids") or call.texts("trace_ids")
    if bool(ids) == call.has("max_timestamp_millis"):
        raise invalid(
            "Only one of `max_timestamp_millis` and `trace_ids` can be specified." if ids
            else "Either `max_timestamp_millis` or `trace_ids` must be specified."
        )  # fmt: skip
    if ids:
        traces = traces.filter(pk__in=ids[:MOST_DELETED])
    else:
        before = datetime.fromtimestamp(call.whole("max_timestamp_millis", most=2**42) / 1000, tz=UTC)
        traces = traces.filter(request_time__lte=before).order_by("request_time")
    most = call.whole("max_traces", MOST_DELETED, most=MOST_DELETED)
    return {"traces_deleted": delete_traces(list(traces.values_list("pk", flat=True)[:most])).n}


@transaction.atomic
def link_to_run(call: Call) -> Said:
    """Say that traces belong to a run: the one that they are found by from now on."""
    user, run_id, ids = developer(call), call.text("run_id"), call.texts("trace_ids")
    if len(ids) > MOST_LINKED:
        raise invalid(f"Cannot link more than {MOST_LINKED} traces to a run in a single request.")
    traces = traces_for(user).filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    for trace in traces:
        trace.metadata = {**trace.metadata, RUN: run_id}
        trace.save(update_fields=["metadata"])
    return {}
