"""OTLP bodies made to measure."""

from __future__ import annotations

import json
from typing import Any

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
