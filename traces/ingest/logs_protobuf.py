"""OTLP log records as protobuf."""

from __future__ import annotations

from functools import partial
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from traces.ingest.incoming import IncomingRecord, clean_time
from traces.ingest.otlp import EVENT_NAME, BadBody, LogBatch
from traces.ingest.otlp_protobuf import attributes_of, id_of, text_of, value_of


def read_logs_protobuf(body: bytes) -> LogBatch:
    """Return the log records of a protobuf body; raise BadBody when it is none."""
    request = ExportLogsServiceRequest()
    try:
        request.ParseFromString(body)
    except (DecodeError, RecursionError) as error:
        raise BadBody(f"The body is not an OTLP logs request in protobuf: {error}") from error
    return logs_of(request)


def logs_of(request: ExportLogsServiceRequest) -> LogBatch:
    batch = LogBatch()
    for of_resource in request.resource_logs:
        resource = attributes_of(of_resource.resource.attributes)
        for of_scope in of_resource.scope_logs:
            scope = text_of(of_scope.scope.name)
            for record in of_scope.log_records:
                attributes = attributes_of(record.attributes)
                name = text_of(record.event_name) or str(attributes.get(EVENT_NAME) or "")
                batch.take(name, attributes, partial(_record, record, name, attributes, scope, resource))
    return batch


def _record(
    record: LogRecord, name: str, attributes: dict[str, Any], scope: str, resource: dict[str, Any]
) -> IncomingRecord:
    time = record.time_unix_nano or record.observed_time_unix_nano
    return IncomingRecord(
        trace_id=id_of(record.trace_id, 16, "Trace id of a log record"),
        span_id=id_of(record.span_id, 8, "Span id of a log record"),
        name=name,
        time_unix_nano=clean_time(time, "Time of a log record:"),
        body=value_of(record.body),
        attributes=attributes,
        scope=scope,
        resource=resource,
    )
