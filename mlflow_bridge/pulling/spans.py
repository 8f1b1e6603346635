"""A span as MLflow's API writes it: OTLP in JSON, with snake_case names, ids in base64 and times as numbers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from traces.ingest.incoming import BadSpan, IncomingSpan, TooDeep, clean_id, clean_json, clean_text, clean_time

Said = dict[str, Any]
STATUS = {"STATUS_CODE_OK": "OK", "STATUS_CODE_ERROR": "ERROR", 1: "OK", 2: "ERROR"}


def read_span(span: Said, trace_id: str) -> IncomingSpan:
    """Return a span of the trace with these 32 digits. Raises: BadSpan."""
    try:
        return _span(span, trace_id)
    except (TooDeep, AttributeError, KeyError, TypeError, ValueError, RecursionError) as problem:
        raise BadSpan(f"A span can't be read: {problem!r:.200}") from problem


def _span(span: Said, trace_id: str) -> IncomingSpan:
    span_id = clean_id(in_hex(span["span_id"]), 16, "Span id")
    parent, end, status = span.get("parent_span_id"), span.get("end_time_unix_nano"), span.get("status") or {}
    return IncomingSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=clean_id(in_hex(parent), 16, "Parent span id") if parent else "",
        name=clean_text(str(span.get("name") or "")),
        start_time_ns=clean_time(int(span["start_time_unix_nano"]), f"Start of span {span_id}:"),
        end_time_ns=clean_time(int(end), f"End of span {span_id}:") if end else None,
        status=STATUS.get(status.get("code"), "UNSET"),
        status_message=clean_text(str(status.get("message") or "")),
        attributes=pairs(span.get("attributes")),
        events=[event(each) for each in span.get("events") or []],
        links=[link(each) for each in span.get("links") or []],
    )


def event(said: Said) -> Said:
    at = int(said.get("time_unix_nano") or 0)
    name = clean_text(str(said.get("name") or ""))
    return {"name": name, "time_unix_nano": at, "attributes": pairs(said.get("attributes"))}


def link(said: Said) -> Said:
    ids = {key: in_hex(said.get(key) or "") for key in ("trace_id", "span_id")}
    return {**ids, "attributes": pairs(said.get("attributes"))}


def pairs(said: list[Said] | None) -> Said:
    """Return `[{"key": …, "value": AnyValue}]` as a dict of plain JSON that every database can hold."""
    return {str(key): value for key, value in clean_json(_members(said)).items()}


def _members(said: list[Said] | None) -> Said:
    return {str(each["key"]): any_value(each.get("value")) for each in said or []}


def any_value(value: Said | None) -> Any:
    """Return what an AnyValue says; one that says nothing is None."""
    for kind, said in (value or {}).items():
        if kind in READERS:
            return READERS[kind](said)
    return None


READERS: dict[str, Callable[[Any], Any]] = {
    "string_value": str,
    "bool_value": bool,
    "int_value": int,
    "double_value": float,  # proto3-JSON writes "NaN" and "Infinity" as texts
    "bytes_value": str,
    "array_value": lambda said: [any_value(each) for each in said.get("values") or []],
    "kvlist_value": lambda said: _members(said.get("values")),
}


def in_hex(value: str) -> str:
    """Return an id, which comes in base64, or already in hex."""
    if len(value) in {16, 32} and not value.strip("0123456789abcdef"):
        return value
    try:
        return base64.b64decode(value, validate=True).hex()
    except (binascii.Error, ValueError):
        return value
