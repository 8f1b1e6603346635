"""A trace as JSON, as MLflow writes it: for developers who want to see everything, or take it away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from traces.models import Assessment, Span, Trace

STATUS = {"OK": "STATUS_CODE_OK", "ERROR": "STATUS_CODE_ERROR", "UNSET": "STATUS_CODE_UNSET"}
AT_ONCE = 200  # spans read from the database


def info_of(trace: Trace) -> dict[str, Any]:
    """Return MLflow's TraceInfo v3, without its assessments."""
    place = {"experiment_id": str(trace.experiment_id)}
    return {
        "trace_id": trace.pk,
        "client_request_id": trace.client_request_id or None,
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": place},
        "request_preview": trace.request_preview,
        "response_preview": trace.response_preview,
        "request_time": moment(trace.request_time),
        "execution_duration_ms": trace.execution_duration_ms,
        "state": trace.state,
        "trace_metadata": trace.metadata,
        "tags": trace.tags,
    }


def assessment_json(said: Assessment) -> dict[str, Any]:
    """Return MLflow's Assessment; lists and objects of expectations are written serialised, as its SDK does."""
    value: dict[str, Any] = {"value": said.value}
    if said.kind == Assessment.Kind.EXPECTATION and isinstance(said.value, list | dict):
        value = {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": json.dumps(said.value)}}
    if said.error:
        value["error"] = said.error
    written = {
        "assessment_id": said.pk,
        "assessment_name": said.name,
        "trace_id": said.trace_id,
        "span_id": said.span_id,
        "source": {"source_type": said.source_type, "source_id": said.source_id},
        "create_time": moment(said.created_at),
        "last_update_time": moment(said.updated_at),
        said.kind: value,
        "rationale": said.rationale,
        "metadata": said.metadata,
        "overrides": said.overrides_id or "",
        "valid": said.valid,
    }
    return {key: each for key, each in written.items() if each != ""}


def span_json(span: Span) -> dict[str, Any]:
    """Return everything that is stored of a span."""
    return {
        "span_id": span.span_id,
        "parent_span_id": span.parent_id or None,
        "name": span.name,
        "type": span.span_type,
        "start_time_unix_nano": span.start_time_ns,
        "end_time_unix_nano": span.end_time_ns,
        "status": {"code": STATUS.get(span.status, STATUS["UNSET"]), "message": span.status_message},
        "scope": span.scope,
        "attributes": span.attributes,
        "events": span.events,
        "log_records": span.logs or [],
        "links": span.links,
        "resource": span.resource,
    }


def mlflow_span_json(span: Span) -> dict[str, Any]:
    """Return a span as in MLflow's `trace.to_json()`: each attribute is JSON in a string."""
    attributes = {key: json.dumps(each, ensure_ascii=False) for key, each in span.attributes.items()}
    return {**span_json(span), "attributes": attributes}


def lines_of(trace: Trace) -> Iterator[str]:
    """Yield a whole trace in pieces of JSON, with everything but deleted assessments: it can be imported again."""
    said = [assessment_json(each) for each in trace.assessments.filter(deleted_at=None)]
    info = json.dumps({**info_of(trace), "assessments": said}, ensure_ascii=False)
    yield f'{{"info": {info}, "data": {{"spans": ['
    for number, span in enumerate(trace.spans.iterator(chunk_size=AT_ONCE)):
        yield (",\n" if number else "\n") + json.dumps(mlflow_span_json(span), ensure_ascii=False)
    yield "\n]}}\n"


def shown(value: Any) -> str:
    """Return JSON as a page shows it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
