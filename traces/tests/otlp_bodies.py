"""OTLP bodies made to measure."""

from __future__ import annotations

import json
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACE = "0af7651916cd43dd8448eb211c80319c"
START = 1_744_360_000_000_000_000
SECOND = 1_000_000_000


def a_span(**members: Any) -> dict[str, Any]:
    """One span in OTLP/JSON: a finished root, unless the members say otherwise."""
    return {
        "traceId": TRACE,
        "spanId": "b7ad6b7169203331",
        "name": "answer",
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 2 * SECOND),
        "status": {"code": 1},
        **members,
    }


def attributes(**values: str) -> list[dict[str, Any]]:
    return [{"key": key.replace("__", "."), "value": {"stringValue": value}} for key, value in values.items()]


def a_request(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {"name": "app"}, "spans": [*spans]}]}]}


def json_body(*spans: dict[str, Any]) -> bytes:
    return json.dumps(a_request(*spans)).encode()


def protobuf_body(*span_ids: str, trace_id: str = TRACE, **fields: Any) -> bytes:
    """One finished span for each id, in protobuf."""
    request = ExportTraceServiceRequest()
    of_scope = request.resource_spans.add().scope_spans.add()
    for span_id in span_ids:
        defaults = {"name": "answer", "start_time_unix_nano": START, "end_time_unix_nano": START + SECOND}
        of_scope.spans.add(trace_id=bytes.fromhex(trace_id), span_id=bytes.fromhex(span_id), **{**defaults, **fields})
    return request.SerializeToString()


SPAN = "b7ad6b7169203331"


def a_record(name: str = "gen_ai.user.message", body: Any = None, **members: Any) -> dict[str, Any]:
    """One log record in OTLP/JSON: an event of the span that `a_span` makes, unless the members say otherwise."""
    return {
        "traceId": TRACE,
        "spanId": SPAN,
        "timeUnixNano": str(START + SECOND),
        "eventName": name,
        "attributes": attributes(gen_ai__system="openai"),
        "body": None if body is None else any_value(body),
        **members,
    }


def any_value(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        pairs = [{"key": key, "value": any_value(item)} for key, item in value.items()]
        return {"kvlistValue": {"values": pairs}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    return {"stringValue": value}


def logs_body(*records: dict[str, Any]) -> bytes:
    scope_logs = [{"scope": {"name": "app"}, "logRecords": [*records]}]
    return json.dumps({"resourceLogs": [{"resource": {}, "scopeLogs": scope_logs}]}).encode()


def logs_protobuf_body(name: str = "gen_ai.user.message", span_id: str = SPAN, **fields: Any) -> bytes:
    request = ExportLogsServiceRequest()
    of_scope = request.resource_logs.add().scope_logs.add()
    defaults = {"time_unix_nano": START + SECOND, "event_name": name, "trace_id": bytes.fromhex(TRACE)}
    record = of_scope.log_records.add(span_id=bytes.fromhex(span_id), **{**defaults, **fields})
    record.body.kvlist_value.values.add(key="content").value.string_value = "Is hail covered?"
    return request.SerializeToString()
