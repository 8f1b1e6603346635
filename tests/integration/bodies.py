"""Requests of spans, each with ids of its own."""

from __future__ import annotations

import secrets
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def a_body(n_spans: int, text: str = "Is theft covered?") -> tuple[bytes, list[str]]:
    """Return one trace as protobuf, and the ids of its spans."""
    request = ExportTraceServiceRequest()
    of_scope = request.resource_spans.add().scope_spans.add()
    trace_id, now = secrets.token_bytes(16), time.time_ns()
    for _ in range(n_spans):
        span = of_scope.spans.add(trace_id=trace_id, span_id=secrets.token_bytes(8), name="step")
        span.start_time_unix_nano, span.end_time_unix_nano = now, now + 1_000_000
        span.attributes.add(key="input.value").value.string_value = text
    return request.SerializeToString(), [span.span_id.hex() for span in of_scope.spans]
