"""OTLP as JSON, in every spelling that exporters use.

Ids in hex of either case, 64-bit numbers as strings or numbers, enums as names or numbers,
members that are null or unknown.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from traces.ingest.incoming import BadSpan, IncomingSpan, TooDeep, clean_id, clean_time
from traces.ingest.json_members import attributes_of, object_in, objects_in, text_in, time_in
from traces.ingest.otlp import BadBody, Batch

STATUS = {
    1: "OK", "1": "OK", "STATUS_CODE_OK": "OK", 2: "ERROR", "2": "ERROR", "STATUS_CODE_ERROR": "ERROR",
}  # fmt: skip


def read_json(body: bytes) -> Batch:
    """Return the spans of a JSON body; raise BadBody when it is none."""
    return read_request(json_of(body))


def json_of(body: bytes) -> Any:
    """Return what a body says; raise BadBody when it is no JSON."""
    try:
        return json.loads(body)
    except RecursionError:
        raise BadBody(str(TooDeep())) from None
    except ValueError as error:  # also: not UTF-8
        raise BadBody(f"The body is not JSON: {error}") from error


def read_request(request: Any) -> Batch:
    """Return the spans of a decoded OTLP/JSON request."""
    if not isinstance(request, dict):
        raise BadBody("The body is not an OTLP trace request: it is no JSON object.")
    batch = Batch()
    try:
        for of_resource in objects_in(request, "resourceSpans"):
            resource = attributes_of(object_in(of_resource, "resource"))
            for of_scope in objects_in(of_resource, "scopeSpans"):
                scope = text_in(object_in(of_scope, "scope"), "name")
                for span in objects_in(of_scope, "spans"):
                    batch.take(partial(_span, span, scope, resource))
    except BadSpan as problem:
        raise BadBody(f"The body is not an OTLP trace request: {problem}") from problem
    except TooDeep as problem:
        raise BadBody(str(problem)) from problem
    return batch


def _span(span: dict[str, Any], scope: str, resource: dict[str, Any]) -> IncomingSpan:
    trace_id = clean_id(span.get("traceId"), 32, "Trace id")
    span_id = clean_id(span.get("spanId"), 16, "Span id")
    status = object_in(span, "status")
    return IncomingSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=_parent(span.get("parentSpanId")),
        name=text_in(span, "name"),
        scope=scope,
        start_time_ns=clean_time(time_in(span, "startTimeUnixNano"), f"Start of span {span_id}:"),
        end_time_ns=_end(span, span_id),
        status=STATUS.get(status.get("code") or 0, "UNSET"),
        status_message=text_in(status, "message"),
        attributes=attributes_of(span),
        events=[_event(event) for event in objects_in(span, "events")],
        links=[_link(link) for link in objects_in(span, "links")],
        resource=resource,
    )


def _parent(value: Any) -> str:
    if not value or (isinstance(value, str) and not value.strip("0")):
        return ""
    return clean_id(value, 16, "Parent span id")


def _end(span: dict[str, Any], span_id: str) -> int | None:
    end = time_in(span, "endTimeUnixNano")
    return clean_time(end, f"End of span {span_id}:") if end else None


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": text_in(event, "name"),
        "time_unix_nano": time_in(event, "timeUnixNano"),
        "attributes": attributes_of(event),
    }


def _link(link: dict[str, Any]) -> dict[str, Any]:
    return {
        "trace_id": text_in(link, "traceId").lower(),
        "span_id": text_in(link, "spanId").lower(),
        "attributes": attributes_of(link),
    }
