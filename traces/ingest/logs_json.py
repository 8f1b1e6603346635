"""OTLP log records as JSON, in every spelling that exporters use."""

from __future__ import annotations

from functools import partial
from typing import Any

from traces.ingest.incoming import BadSpan, IncomingRecord, TooDeep, clean_id, clean_time
from traces.ingest.json_members import attributes_of, object_in, objects_in, text_in, time_in, value_of
from traces.ingest.otlp import EVENT_NAME, BadBody, LogBatch
from traces.ingest.otlp_json import json_of


def read_logs_json(body: bytes) -> LogBatch:
    """Return the log records of a JSON body; raise BadBody when it is none."""
    return read_logs_request(json_of(body))


def read_logs_request(request: Any) -> LogBatch:
    """Return the log records of a decoded OTLP/JSON request."""
    if not isinstance(request, dict):
        raise BadBody("The body is not an OTLP logs request: it is no JSON object.")
    batch = LogBatch()
    try:
        for of_resource in objects_in(request, "resourceLogs"):
            resource = attributes_of(object_in(of_resource, "resource"))
            for of_scope in objects_in(of_resource, "scopeLogs"):
                scope = text_in(object_in(of_scope, "scope"), "name")
                for record in objects_in(of_scope, "logRecords"):
                    _take(batch, record, scope, resource)
    except BadSpan as problem:
        raise BadBody(f"The body is not an OTLP logs request: {problem}") from problem
    except TooDeep as problem:
        raise BadBody(str(problem)) from problem
    return batch


def _take(batch: LogBatch, record: dict[str, Any], scope: str, resource: dict[str, Any]) -> None:
    try:
        attributes = attributes_of(record)
        name = text_in(record, "eventName") or str(attributes.get(EVENT_NAME) or "")
    except BadSpan as problem:
        batch.problems.append(str(problem))
    else:
        batch.take(name, attributes, partial(_record, record, name, attributes, scope, resource))


def _record(
    record: dict[str, Any], name: str, attributes: dict[str, Any], scope: str, resource: dict[str, Any]
) -> IncomingRecord:
    time = time_in(record, "timeUnixNano") or time_in(record, "observedTimeUnixNano")
    return IncomingRecord(
        trace_id=clean_id(record.get("traceId"), 32, "Trace id of a log record"),
        span_id=clean_id(record.get("spanId"), 16, "Span id of a log record"),
        name=name,
        time_unix_nano=clean_time(time, "Time of a log record:"),
        body=value_of(record.get("body"), 0),
        attributes=attributes,
        scope=scope,
        resource=resource,
    )
