"""A span as MLflow's API gives it: OTLP in JSON, with snake_case names, ids in base64 and times as numbers."""

from __future__ import annotations

import base64
import json
from typing import Any

from traces.dialects import read_span
from traces.models import Span
from traces.raw import STATUS

Said = dict[str, Any]
REQUEST_ID = "mlflow.traceRequestId"


def span_json(span: Span) -> Said:
    status = {"code": STATUS.get(span.status, STATUS["UNSET"]), "message": span.status_message}
    said = {
        "trace_id": in_base64(span.trace_id.removeprefix("tr-")),
        "span_id": in_base64(span.span_id),
        "parent_span_id": in_base64(span.parent_id),
        "name": span.name,
        "start_time_unix_nano": span.start_time_ns,
        "end_time_unix_nano": span.end_time_ns,
        "attributes": pairs(in_mlflows_words(span)),
        "events": [event_json(each) for each in span.events],
        "links": [link_json(each) for each in span.links],
        "status": {key: value for key, value in status.items() if value},
    }
    return {key: value for key, value in said.items() if value not in (None, "", [])}


def in_mlflows_words(span: Span) -> Said:
    """Return the attributes; those of another instrumentation under the names that MLflow's judges look for, too."""
    own = {REQUEST_ID: span.trace_id}
    if "mlflow.spanType" in span.attributes:
        return {**span.attributes, **own}
    reading = read_span(span)
    told = {
        "mlflow.spanType": reading.span_type,
        "mlflow.spanInputs": reading.inputs,
        "mlflow.spanOutputs": reading.outputs,
        "mlflow.chat.tokenUsage": reading.usage or None,
        "mlflow.llm.model": reading.model or None,
    }
    written = {key: decoded(value) for key, value in span.attributes.items()}
    return {key: value for key, value in told.items() if value is not None} | written | own


def decoded(value: Any) -> Any:
    """Return what a text says that is a list or an object in JSON, as MLflow does; any other value as it is."""
    if not isinstance(value, str) or value[:1] not in {"[", "{"}:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def in_base64(digits: str) -> str:
    try:
        return base64.b64encode(bytes.fromhex(digits)).decode()
    except ValueError:  # of a file whose ids were no hex
        return ""


def pairs(attributes: Said) -> list[Said]:
    return [pair(key, value) for key, value in attributes.items()]


def pair(key: str, value: Any) -> Said:
    return {"key": key} if value is None else {"key": key, "value": any_value(value)}


def any_value(value: Any) -> Said:
    if type(value) is str:  # nearly all of them
        return {"string_value": value}
    match value:
        case None:
            return {}
        case bool():
            return {"bool_value": value}
        case int() if -(2**63) <= value < 2**63:
            return {"int_value": value}
        case float():
            return {"double_value": value}
        case list():
            return {"array_value": {"values": [any_value(each) for each in value]} if value else {}}
        case dict():
            return {"kvlist_value": {"values": pairs(value)} if value else {}}
    return {"string_value": str(value)}


def event_json(event: Said) -> Said:
    said = {
        "time_unix_nano": event.get("time_unix_nano"),
        "name": event.get("name"),
        "attributes": pairs(event.get("attributes") or {}),
    }
    return {key: value for key, value in said.items() if value}


def link_json(link: Said) -> Said:
    said = {
        "trace_id": in_base64(str(link.get("trace_id", "")).removeprefix("tr-")),
        "span_id": in_base64(str(link.get("span_id", ""))),
        "attributes": pairs(link.get("attributes") or {}),
    }
    return {key: value for key, value in said.items() if value}
