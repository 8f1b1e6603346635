"""What an OTLP exporter is answered: nothing more to say, or what was refused and why."""

from __future__ import annotations

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from traces.ingest.otlp import Batch, LogBatch


def trace_answer(batch: Batch) -> ExportTraceServiceResponse:
    answer = ExportTraceServiceResponse()
    if batch.problems:
        answer.partial_success.rejected_spans = len(batch.problems)
        answer.partial_success.error_message = batch.message
    return answer


def logs_answer(batch: LogBatch) -> ExportLogsServiceResponse:
    """A message without refused records is a warning."""
    answer = ExportLogsServiceResponse()
    if batch.message:
        answer.partial_success.rejected_log_records = len(batch.problems)
        answer.partial_success.error_message = batch.message
    return answer
