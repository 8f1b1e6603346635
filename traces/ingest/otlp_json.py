"""OTLP as JSON, in every spelling that exporters use.

Ids in hex of either case, 64-bit numbers as strings or numbers, enums as names or numbers,
members that are null or unknown.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from traces.ingest.incoming import (
    MAX_DEPTH,
    BadSpan,
    IncomingSpan,
    TooDeep,
    clean_id,
    clean_number,
    clean_text,
    clean_time,
)
from traces.ingest.otlp import BadBody, Batch

STATUS = {
    1: "OK", "1": "OK", "STATUS_CODE_OK": "OK", 2: "ERROR", "2": "ERROR", "STATUS_CODE_ERROR": "ERROR",
}  # fmt: skip


def read_json(body: bytes) -> Batch:
    """Return the spans of a JSON body; raise BadBody when it is none."""
    try:
        request = json.loads(body)
    except RecursionError:
        raise BadBody(str(TooDeep())) from None
    except ValueError as error:  # also: not UTF-8
        raise BadBody(f"The body is not JSON: {error}") from error
    return read_request(request)


def read_request(request: Any) -> Batch:
    """Return the spans of a decoded OTLP/JSON request."""
    if not isinstance(request, dict):
        raise BadBody("The body is not an OTLP trace request: it is no JSON object.")
    batch = Batch()
    try:
        for of_resource in _objects(request, "resourceSpans"):
            resource = attributes_of(_object(of_resource, "resource"))
            for of_scope in _objects(of_resource, "scopeSpans"):
                scope = _text(_object(of_scope, "scope"), "name")
                for span in _objects(of_scope, "spans"):
                    batch.take(partial(_span, span, scope, resource))
    except BadSpan as problem:
        raise BadBody(f"The body is not an OTLP trace request: {problem}") from problem
    except TooDeep as problem:
        raise BadBody(str(problem)) from problem
    return batch


def attributes_of(holder: dict[str, Any], *, depth: int = 0) -> dict[str, Any]:
    """Return an object's `attributes` as a dict; of a key that comes twice the last value."""
    return _pairs(holder, "attributes", depth)


def _pairs(holder: dict[str, Any], member: str, depth: int) -> dict[str, Any]:
    return {_text(pair, "key"): _value(pair.get("value"), depth) for pair in _objects(holder, member)}


def _value(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise TooDeep
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadSpan(f"An attribute's value must be an object such as {{'stringValue': …}}, not {value!r:.60}.")
    for kind, content in value.items():
        if content is not None and (read := SCALARS.get(kind)):
            return read(content)
        if content is not None and kind == "arrayValue":
            return [_value(item, depth + 1) for item in _list(value, kind, "values")]
        if content is not None and kind == "kvlistValue":
            return _pairs(_object(value, kind), "values", depth + 1)
    return None


def _string(value: Any) -> str:
    return clean_text(value if isinstance(value, str) else json.dumps(value))


def _int(value: Any) -> int | float | str:
    try:
        return clean_number(int(value))
    except (TypeError, ValueError, OverflowError):
        raise BadSpan(f"{value!r:.60} is not an integer.") from None


def _double(value: Any) -> int | float | str:
    try:
        return clean_number(float(value))
    except (TypeError, ValueError, OverflowError):
        raise BadSpan(f"{value!r:.60} is not a number.") from None


def _bytes(value: Any) -> str:
    try:
        return base64.b64encode(base64.b64decode(value, validate=True)).decode()
    except (TypeError, ValueError, binascii.Error):
        raise BadSpan(f"{value!r:.60} is not base64.") from None


SCALARS: dict[str, Callable[[Any], Any]] = {
    "stringValue": _string,
    "boolValue": bool,
    "intValue": _int,
    "doubleValue": _double,
    "bytesValue": _bytes,
}


def _span(span: dict[str, Any], scope: str, resource: dict[str, Any]) -> IncomingSpan:
    trace_id = clean_id(span.get("traceId"), 32, "Trace id")
    span_id = clean_id(span.get("spanId"), 16, "Span id")
    status = _object(span, "status")
    return IncomingSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=_parent(span.get("parentSpanId")),
        name=_text(span, "name"),
        scope=scope,
        start_time_ns=clean_time(_time(span, "startTimeUnixNano"), f"Start of span {span_id}:"),
        end_time_ns=_end(span, span_id),
        status=STATUS.get(status.get("code") or 0, "UNSET"),
        status_message=_text(status, "message"),
        attributes=attributes_of(span),
        events=[_event(event) for event in _objects(span, "events")],
        links=[_link(link) for link in _objects(span, "links")],
        resource=resource,
    )


def _parent(value: Any) -> str:
    if not value or (isinstance(value, str) and not value.strip("0")):
        return ""
    return clean_id(value, 16, "Parent span id")


def _end(span: dict[str, Any], span_id: str) -> int | None:
    end = _time(span, "endTimeUnixNano")
    return clean_time(end, f"End of span {span_id}:") if end else None


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": _text(event, "name"),
        "time_unix_nano": _time(event, "timeUnixNano"),
        "attributes": attributes_of(event),
    }


def _link(link: dict[str, Any]) -> dict[str, Any]:
    return {
        "trace_id": _text(link, "traceId").lower(),
        "span_id": _text(link, "spanId").lower(),
        "attributes": attributes_of(link),
    }


def _time(holder: dict[str, Any], member: str) -> int:
    value = holder.get(member)
    try:
        return int(value or 0)
    except (TypeError, ValueError, OverflowError):
        raise BadSpan(f"{member} {value!r:.60} is not a time in nanoseconds.") from None


def _text(holder: dict[str, Any], member: str) -> str:
    value = holder.get(member)
    if value is not None and not isinstance(value, str):
        raise BadSpan(f"{member} must be a string, not {value!r:.60}.")
    return clean_text(value or "")


def _object(holder: dict[str, Any], member: str) -> dict[str, Any]:
    value = holder.get(member)
    if value is not None and not isinstance(value, dict):
        raise BadSpan(f"{member} must be an object, not {value!r:.60}.")
    return value or {}


def _objects(holder: dict[str, Any], member: str) -> list[dict[str, Any]]:
    value = holder.get(member)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadSpan(f"{member} must be a list of objects.")
    return value


def _list(holder: dict[str, Any], member: str, inner: str) -> list[Any]:
    value = _object(holder, member).get(inner)
    if value is not None and not isinstance(value, list):
        raise BadSpan(f"{inner} must be a list.")
    return value or []
