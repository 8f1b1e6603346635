"""MLflow's `trace.to_json()`: the spans, and what MLflow knows about the trace besides.

`{"info": {trace_id, request_time, state, trace_metadata, tags, assessments, …}, "data": {"spans": […]}}`;
each attribute of a span is a JSON string, in which NaN and Infinity stand bare.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from traces.ingest.incoming import (
    BadSpan,
    IncomingSpan,
    TooDeep,
    clean_id,
    clean_json,
    clean_text,
    clean_time,
)
from traces.ingest.otlp import BadBody
from traces.models import TraceState

STATUS = {"STATUS_CODE_OK": "OK", "OK": "OK", "STATUS_CODE_ERROR": "ERROR", "ERROR": "ERROR"}
# Where another server keeps the trace's parts: not true of ours.
PLACES = frozenset({"mlflow.artifactLocation", "mlflow.trace.spansLocation"})


@dataclass(slots=True)
class MlflowAssessment:
    """One entry of `info.assessments`."""

    assessment_id: str
    name: str
    kind: str  # feedback or expectation
    value: Any
    source_type: str
    source_id: str
    created_at: datetime
    updated_at: datetime
    error: dict[str, Any] | None = None
    rationale: str = ""
    span_id: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    overrides: str = ""
    valid: bool = True


@dataclass(slots=True)
class MlflowTrace:
    """A whole trace. What the file does not say is None or empty, and is derived from the spans."""

    trace_id: str  # tr-…
    request_time: datetime
    spans: list[IncomingSpan]
    state: str | None = None
    execution_duration_ms: int | None = None
    client_request_id: str = ""
    request_preview: str = ""
    response_preview: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    assessments: list[MlflowAssessment] = field(default_factory=list)


def read_trace(document: dict[str, Any]) -> MlflowTrace:
    """Read a decoded `trace.to_json()`; raise BadBody, which says what is wrong."""
    try:
        return _trace(clean_json(document))
    except (BadSpan, TooDeep) as problem:
        raise BadBody(f"The MLflow trace can't be read: {problem}") from problem
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise BadBody(f"The MLflow trace can't be read: {problem!r} where MLflow 3 writes something else.") from problem


def _trace(document: dict[str, Any]) -> MlflowTrace:
    info = document["info"]
    if "trace_id" not in info:
        raise BadBody("The MLflow trace has no info.trace_id: only traces of MLflow 3 can be read.")
    digits = clean_id(str(info["trace_id"]).removeprefix("tr-"), 32, "Trace id")
    return MlflowTrace(
        trace_id=f"tr-{digits}",
        request_time=_moment(info["request_time"]),
        spans=[_span(span, digits) for span in document["data"]["spans"]],
        state=info.get("state") if info.get("state") in TraceState.values else None,
        execution_duration_ms=_duration(info),
        client_request_id=str(info.get("client_request_id") or "")[:250],
        request_preview=_preview(info.get("request_preview")),
        response_preview=_preview(info.get("response_preview")),
        metadata=_strings(info.get("trace_metadata")),
        tags={key: tag for key, tag in _strings(info.get("tags")).items() if key not in PLACES},
        assessments=[
            _assessment(entry, digits, position)
            for position, entry in enumerate(info.get("assessments") or [])
            if "feedback" in entry or "expectation" in entry  # MLflow's third kind, issues, is no judgement
        ],
    )


def _span(span: dict[str, Any], trace_id: str) -> IncomingSpan:
    span_id = clean_id(_hex(span["span_id"], 16), 16, "Span id")
    parent = span.get("parent_span_id")
    end = span.get("end_time_unix_nano")
    status = span.get("status") or {}
    return IncomingSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=clean_id(_hex(parent, 16), 16, "Parent span id") if parent else "",
        name=str(span.get("name") or ""),
        start_time_ns=clean_time(int(span["start_time_unix_nano"]), f"Start of span {span_id}:"),
        end_time_ns=clean_time(int(end), f"End of span {span_id}:") if end else None,
        status=STATUS.get(status.get("code", ""), "UNSET"),
        status_message=str(status.get("message") or ""),
        attributes={key: _decoded(value) for key, value in (span.get("attributes") or {}).items()},
        events=[
            {
                "name": str(event.get("name") or ""),
                "time_unix_nano": event.get("time_unix_nano") or 0,
                "attributes": dict(event.get("attributes") or {}),
            }
            for event in span.get("events") or []
        ],
        links=span.get("links") or [],
    )


def _decoded(value: Any) -> Any:
    """Return what an attribute's JSON says; a string that is no JSON stays itself."""
    if not isinstance(value, str):
        return value
    try:
        return clean_json(json.loads(value))
    except (ValueError, RecursionError):
        return value


def _hex(value: Any, length: int) -> str:
    """Return an id in hex: MLflow writes base64, earlier releases hex with or without 0x."""
    text = str(value)
    digits = text.removeprefix("0x")  # with which base64 may begin as well
    if len(digits) == length and not digits.strip("0123456789abcdefABCDEF"):
        return digits
    try:
        return base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        return text


def _moment(value: Any) -> datetime:
    try:
        moment = parse_datetime(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadSpan(f"{value!r:.60} is not a time with its zone.")
    return moment


def _duration(info: dict[str, Any]) -> int | None:
    """Return milliseconds, of `execution_duration_ms` or of `execution_duration`, such as `0.454s`."""
    if (milliseconds := info.get("execution_duration_ms")) is not None:
        return int(milliseconds)
    seconds = info.get("execution_duration")
    return round(float(str(seconds).removesuffix("s")) * 1000) if seconds else None


def _preview(value: Any) -> str:
    """Return a preview that is meant for people; one that is JSON says less than the spans do."""
    text = str(value or "")
    return "" if text == "null" or text[:1] in {"{", "[", '"'} else text[:1000]


def _strings(pairs: dict[str, Any] | None) -> dict[str, str]:
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in (pairs or {}).items()}


def read_assessment(entry: dict[str, Any]) -> MlflowAssessment:
    """Read one decoded assessment that has an id; raise BadBody, which says what is wrong."""
    try:
        return _assessment(clean_json(entry), "", 0)
    except (BadSpan, TooDeep, AttributeError, KeyError, TypeError, ValueError) as problem:
        raise BadBody(f"The assessment can't be read: {problem!r}") from problem


SOURCES = {"HUMAN": "HUMAN", "LLM_JUDGE": "LLM_JUDGE", "AI_JUDGE": "LLM_JUDGE"}


def _assessment(entry: dict[str, Any], trace_id: str, position: int) -> MlflowAssessment:
    kind = "expectation" if "expectation" in entry else "feedback"
    said = entry[kind] or {}
    source = entry.get("source") or {}
    created = _moment(entry["create_time"])
    return MlflowAssessment(
        # Without an id of its own it gets one that a second import finds again.
        assessment_id=str(entry.get("assessment_id") or f"a-{trace_id}-{position}")[:50],
        name=clean_text(str(entry.get("assessment_name") or ""))[:250],
        kind=kind,
        value=_value(said),
        error=said.get("error"),
        rationale=str(entry.get("rationale") or ""),
        source_type=SOURCES.get(source.get("source_type", ""), "CODE"),
        source_id=str(source.get("source_id") or "unknown")[:250],
        span_id=str(entry.get("span_id") or "")[:16],
        metadata=entry.get("metadata") or {},
        overrides=str(entry.get("overrides") or ""),
        valid=entry.get("valid") is not False,
        created_at=created,
        updated_at=_moment(entry["last_update_time"]) if entry.get("last_update_time") else created,
    )


def _value(said: dict[str, Any]) -> Any:
    """Return a value; lists and objects of expectations come as JSON in a string."""
    serialized = said.get("serialized_value")
    return _decoded(serialized["value"]) if serialized else said.get("value")
