"""Traces in: OTLP over HTTP, as every OpenTelemetry exporter and the MLflow SDK send it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.token_sign_in import user_of_token
from reviewapp.lib.afterwards import afterwards
from traces.ingest.admission import HELD, HELD_BYTES, RETRY_AFTER_S, Overloaded, holding
from traces.ingest.answers import trace_answer
from traces.ingest.checkpoints import CHECKPOINTS
from traces.ingest.otlp import JSON, PROTOBUF, BadBody, Batch, LogBatch
from traces.ingest.otlp_json import read_json
from traces.ingest.otlp_protobuf import read_protobuf
from traces.ingest.taking import experiment_of, store_batch
from traces.ingest.unpacking import Readable, TooLarge, UnknownEncoding, read_all, unpack
from traces.models import Experiment
from traces.search.full_text import catch_up_if_worth_it

B = TypeVar("B", Batch, LogBatch)


@dataclass(frozen=True, slots=True)
class Signal(Generic[B]):
    """What is sent to one address: how it is read, stored, and answered with what was refused."""

    readers: Mapping[str, Callable[[bytes], B]]  # by content type
    store: Callable[[Experiment, B], object]
    accepted: Callable[[B, str], HttpResponse]


@csrf_exempt  # programs carry a token, and never a cookie
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Store a batch of spans; the answer means that it is committed."""
    return take(request, SPANS)


def take(request: HttpRequest, signal: Signal[B]) -> HttpResponse:
    try:
        with HELD.place():
            return _take(request, signal)
    except Overloaded as overloaded:
        return _busy(str(overloaded))


def _take(request: HttpRequest, signal: Signal[B]) -> HttpResponse:
    if refusal := _refusal(request):
        return refusal
    content_type = request.content_type or ""
    if content_type not in signal.readers:
        return _problem(415, f"Content-Type {content_type!r:.60} is not {PROTOBUF} or {JSON}.")
    experiment = experiment_of(request.headers.get("x-mlflow-experiment-id", "0"))
    if experiment is None:
        return _problem(404, "No experiment has the id of the header x-mlflow-experiment-id.")
    try:
        with _body(request) as body:
            batch = signal.readers[content_type](body)
            response = _store(experiment, batch, content_type, signal)
            if response.status_code == 200:
                CHECKPOINTS.stored(len(body))
            return response
    except UnknownEncoding as problem:
        return _problem(415, str(problem))
    except TooLarge as problem:
        return _problem(413, str(problem))
    except BadBody as problem:
        return _problem(400, str(problem))


def _store(experiment: Experiment, batch: B, content_type: str, signal: Signal[B]) -> HttpResponse:
    if batch.is_refused:
        return _problem(400, batch.message)
    try:
        signal.store(experiment, batch)
    except OperationalError:
        return _busy("The database is busy.")
    return afterwards(signal.accepted(batch, content_type), catch_up_if_worth_it)


def _busy(why: str) -> HttpResponse:
    """Answer so that the exporter tries again: of 429 and 503, every one of them knows this."""
    response = _problem(503, f"{why} Nothing was stored; send it again.")
    response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _accepted(batch: Batch, content_type: str) -> HttpResponse:
    """Answer as OTLP says: empty, or with the number of spans that were refused and why."""
    if content_type == JSON:
        partial = {"rejectedSpans": str(len(batch.problems)), "errorMessage": batch.message}
        return JsonResponse({"partialSuccess": partial} if batch.problems else {})
    return HttpResponse(trace_answer(batch).SerializeToString(), content_type=PROTOBUF)


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """Return why this sender may not send; None when it may."""
    user = user_of_token(request)
    if user is not None:
        return None if user.reads_traces else _problem(403, "This token's person may not send traces.")
    if not settings.INGEST_WITHOUT_TOKEN or "Authorization" in request.headers:
        response = _problem(401, "Send an API token: Authorization: Bearer …")
        response["WWW-Authenticate"] = "Bearer"
        return response
    # Without a token, any page in a browser on this machine could send: refuse other sites'.
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.get_host():
        return _problem(403, "Pages of other sites may not send traces without a token.")
    return None


@contextmanager
def _body(request: HttpRequest) -> Iterator[bytes]:
    """Give the body, unpacked, and count it among what is held until it is stored."""
    limit: int = settings.INGEST_MAX_BYTES
    packed = read_all(cast(Readable, request), limit)
    body = unpack(packed, request.headers.get("Content-Encoding", ""), limit)
    scope: dict[str, Any] = getattr(request, "scope", {})  # none where the request did not come over ASGI
    with holding(len(body), own=scope.get(HELD_BYTES, 0)):
        yield body


CODES = {
    400: "INVALID_PARAMETER_VALUE", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "RESOURCE_DOES_NOT_EXIST",
    413: "INVALID_PARAMETER_VALUE", 415: "INVALID_PARAMETER_VALUE", 503: "TEMPORARILY_UNAVAILABLE",
}  # fmt: skip


def _problem(status: int, message: str) -> HttpResponse:
    """Answer in the shape of MLflow's errors."""
    return JsonResponse({"error_code": CODES[status], "message": message}, status=status)


SPANS = Signal({PROTOBUF: read_protobuf, JSON: read_json}, store_batch, _accepted)
