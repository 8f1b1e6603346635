"""A publishable key is for everybody to see: wherever it is shown but at the one door it opens, it is refused."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from traces.feedback.models import KEY_PREFIX

DOOR = "/api/feedback"
SAYS = "A publishable key can only add feedback, by POST /api/feedback. It reads nothing."


def key_in(request: HttpRequest) -> str:
    """Return the publishable key in the header `Authorization`, Bearer or as Basic's password; else nothing."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    return value if value.startswith(KEY_PREFIX) else ""


class PublishableKeysOnlyAdd:
    """Middleware: 403 for a publishable key anywhere else, whoever is signed in besides."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if key_in(request) and (request.path != DOOR or request.method not in {"POST", "OPTIONS"}):
            return JsonResponse({"error_code": "PERMISSION_DENIED", "message": SAYS}, status=403)
        return self.get_response(request)
