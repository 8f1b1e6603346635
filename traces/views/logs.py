"""Log records in: some instrumentations put the conversation there, and only the rest into spans."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from traces.ingest.answers import logs_answer
from traces.ingest.logs_json import read_logs_json
from traces.ingest.logs_protobuf import read_logs_protobuf
from traces.ingest.otlp import JSON, PROTOBUF, LogBatch
from traces.ingest.taking import store_log_batch
from traces.views.intake import Signal, take


@csrf_exempt  # programs carry a token, and never a cookie
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Store a batch of log records with their spans; the answer means that it is committed."""
    return take(request, LOGS)


def _accepted(batch: LogBatch, content_type: str) -> HttpResponse:
    """Answer as OTLP says: empty, or with how many were refused and why; a message alone is a warning."""
    if content_type == JSON:
        partial = {"rejectedLogRecords": str(len(batch.problems)), "errorMessage": batch.message}
        return JsonResponse({"partialSuccess": partial} if batch.message else {})
    return HttpResponse(logs_answer(batch).SerializeToString(), content_type=PROTOBUF)


LOGS = Signal({PROTOBUF: read_logs_protobuf, JSON: read_logs_json}, store_log_batch, _accepted)
