"""`POST /api/feedback`: end users' words, from the application's own pages or its server."""

from __future__ import annotations

from typing import cast

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from traces.feedback.guarding import SAYS, key_in
from traces.feedback.limiting import first_in_a_minute, seconds_to_wait
from traces.feedback.message import MAX_BYTES, BadMessage, Message, read_message
from traces.feedback.models import EndUserFeedback, PublishableKey
from traces.feedback.origins import allows
from traces.feedback.receiving import TooManyWaiting, receive
from traces.ingest.unpacking import Readable, TooLarge, read_all

PREFLIGHT_S = 7200  # that browsers remember the answer for; Chromium's most
ALLOWED_HEADERS = "authorization, content-type, idempotency-key"
CODES = {
    400: "INVALID_PARAMETER_VALUE", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 413: "INVALID_PARAMETER_VALUE",
    429: "REQUEST_LIMIT_EXCEEDED", 503: "TEMPORARILY_UNAVAILABLE",
}  # fmt: skip


@csrf_exempt  # nobody's cookie counts here
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
def feedback(request: HttpRequest) -> HttpResponse:
    """200 when it is on its trace, 202 when it waits for it."""
    if request.method == "OPTIONS":
        response = preflight(request)
    elif request.method == "POST":
        response = receive_feedback(request)
    else:
        response = problem(403, SAYS)
    patch_vary_headers(response, ["Origin"])
    response["Cache-Control"] = "no-store"
    return response


def preflight(request: HttpRequest) -> HttpResponse:
    """Answer a browser's question before it sends: it names no key, so any usable one that allows the origin does."""
    origin = request.headers.get("Origin", "")
    known = PublishableKey.objects.usable().values_list("origins", flat=True)
    if not origin or not any(allows(origins, origin) for origins in known):
        return problem(403, "No publishable key allows pages of this origin.")
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Origin"] = origin
    response["Access-Control-Allow-Methods"] = "POST"
    response["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
    response["Access-Control-Max-Age"] = str(PREFLIGHT_S)
    return response


def receive_feedback(request: HttpRequest) -> HttpResponse:
    fault: str = ""
    message: Message | None = None
    secret = key_in(request)
    try:
        body = read_all(cast(Readable, request), MAX_BYTES)
        message, named = read_message(body, idempotency_key=request.headers.get("Idempotency-Key", ""))
        secret = secret or named
    except TooLarge:
        return problem(413, f"The body has more than {MAX_BYTES} bytes.")
    except BadMessage as error:
        fault = str(error)
    key = PublishableKey.objects.usable().filter(key=secret).first() if secret else None
    if key is None:
        return problem(400, fault) if fault and not secret else no_key()
    origin = request.headers.get("Origin")
    if origin is not None and not allows(key.origins, origin):
        return refuse(key, 403, f"Pages of {origin:.200} may not send with this key.")
    response = counted(request, key, message, fault)
    if origin is not None:
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Expose-Headers"] = "Retry-After"
    return response


def counted(request: HttpRequest, key: PublishableKey, message: Message | None, fault: str) -> HttpResponse:
    if wait := seconds_to_wait(key, request.META.get("REMOTE_ADDR", "")):
        response = refuse(key, 429, "Too much feedback in one minute. Send it again later.")
        response["Retry-After"] = str(wait)
        return response
    return refuse(key, 400, fault) if message is None else kept(key, message)


def kept(key: PublishableKey, message: Message) -> HttpResponse:
    try:
        receipt = receive(key, message)
    except (TooManyWaiting, OperationalError) as error:
        is_full = isinstance(error, TooManyWaiting)
        response = problem(503, "Too much feedback waits for its trace." if is_full else "The database is busy.")
        response["Retry-After"] = "60" if is_full else "2"
        return response
    is_there = receipt.state == EndUserFeedback.State.JOINED
    answer = {"feedback_id": receipt.idempotency_key, "state": "accepted" if is_there else receipt.state}
    return JsonResponse(answer, status=200 if is_there else 202)


def no_key() -> HttpResponse:
    response = problem(401, "Send a publishable key that is in use: Authorization: Bearer pk_…")
    response["WWW-Authenticate"] = "Bearer"
    return response


def refuse(key: PublishableKey, status: int, why: str) -> HttpResponse:
    """Say it to the sender, and to whoever looks after the key."""
    if first_in_a_minute(f"{key.pk} {why}"):
        key.note_refusal(why)
    return problem(status, why)


def problem(status: int, message: str) -> HttpResponse:
    """Answer in the shape of MLflow's errors."""
    return JsonResponse({"error_code": CODES[status], "message": message}, status=status)
