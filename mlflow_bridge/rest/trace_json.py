"""A trace's information and its assessments, as MLflow's API gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from accounts.models import User
from reviewapp.lib.columns import Columns, among, fetch
from traces.ingest.mlflow_json import PLACES
from traces.models import Assessment, Trace
from traces.raw import assessment_json as raw_assessment_json

Said = dict[str, Any]
# By hand, as each search asks for them: see reviewapp/lib/columns.py. Revisions are told to nobody.
SAID = Columns(Assessment, only=[
    "assessment_id", "trace", "span_id", "kind", "name", "value", "error", "rationale", "source_type", "source_id",
    "metadata", "overrides", "valid", "deleted_at", "created_at", "updated_at",
])  # fmt: skip


def infos_of(traces: Sequence[Trace], reader: User) -> list[Said]:
    """Return TraceInfos with what was said that the reader may see. Queries: 1."""
    by_trace: dict[str, list[Assessment]] = {}
    for each in assessments_for(reader, [trace.pk for trace in traces]):
        by_trace.setdefault(each.trace_id, []).append(each)
    infos = [info_json(trace, by_trace.get(trace.pk, [])) for trace in traces]
    return infos if reader.reads_traces else [without_what_experts_are_not_shown(info) for info in infos]


def without_what_experts_are_not_shown(info: Said) -> Said:
    """Leave out tags and metadata: they may say which version answered, in sessions where that is not to be known."""
    told = {key: value for key, value in info.items() if key not in {"trace_metadata", "client_request_id"}}
    return told | {"tags": {key: value for key, value in info["tags"].items() if key in PLACES}}


def assessments_for(reader: User, trace_ids: Iterable[str]) -> list[Assessment]:
    """Everything that holds, or was replaced by what holds, for those who read traces; experts see their own.

    What a person took back, in a session's undo, is not told: to a client it would look like something said.
    """
    found = f"""
        SELECT {SAID.listed} FROM traces_assessment WHERE trace_id {among("traces")} AND deleted_at IS NULL
        ORDER BY created_at, assessment_id
    """  # noqa: S608 - names of ours
    said = [SAID.read(row) for row in fetch(found, traces=[*trace_ids])]
    later = {each.overrides_id: each for each in said if each.overrides_id}
    return [each for each in said if holds(each, later) and (reader.reads_traces or is_by(reader, each))]


def holds(said: Assessment, later: Mapping[str, Assessment]) -> bool:
    """Whether it is valid, or what came in its place is, by way of `later`: what replaced each."""
    for _ in later:  # no chain is longer, even if what was imported goes in circles
        if said.valid or said.pk not in later:
            break
        said = later[said.pk]
    return said.valid


def is_by(user: User, said: Assessment) -> bool:
    return said.source_type == Assessment.SourceType.HUMAN and said.source_id == user.email


def info_json(trace: Trace, said: Iterable[Assessment]) -> Said:
    place = {"experiment_id": str(trace.experiment_id)}
    info = {
        "trace_id": trace.pk,
        "client_request_id": trace.client_request_id,
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": place},
        "request_time": moment(trace.request_time),
        "execution_duration": duration(trace.execution_duration_ms),
        "state": trace.state,
        "trace_metadata": trace.metadata,
        "tags": {**trace.tags, **places_of(trace)},
        "assessments": [assessment_json(each) for each in said],
        "request_preview": trace.request_preview or trace.metadata.get("mlflow.traceInputs", ""),
        "response_preview": trace.response_preview or trace.metadata.get("mlflow.traceOutputs", ""),
    }
    return {key: value for key, value in info.items() if value not in ("", [])}


def places_of(trace: Trace) -> dict[str, str]:
    """Return the tags that tell a client where the parts are: the spans are always here, so it sends them by OTLP."""
    return {
        "mlflow.artifactLocation": f"mlflow-artifacts:/{trace.experiment_id}/traces/{trace.pk}/artifacts",
        "mlflow.trace.spansLocation": "TRACKING_STORE",
    }


def assessment_json(said: Assessment) -> Said:
    written = raw_assessment_json(said)
    written |= {"create_time": moment(said.created_at), "last_update_time": moment(said.updated_at)}
    return {key: value for key, value in written.items() if value not in ("", {})}


def moment(at: datetime) -> str:
    """Write a time as proto3-JSON does: milliseconds, left out where there are none."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return f"{text.removesuffix('.000')}Z"


def duration(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds}.{rest:03}s" if rest else f"{seconds}s"
