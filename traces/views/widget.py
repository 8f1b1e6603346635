"""The widget for other people's pages: one script, at an address that stays and at one that may be kept for ever."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import http_date
from django.views.decorators.http import condition, require_safe

WIDGET = Path(settings.BASE_DIR) / "static" / "widget" / "feedback.js"
FOR_AN_HOUR = "public, max-age=3600, stale-while-revalidate=86400"
FOR_EVER = "public, max-age=31536000, immutable"


@cache
def script() -> bytes:
    return WIDGET.read_bytes()


def digest() -> str:
    return hashlib.sha256(script()).hexdigest()[:12]


def integrity() -> str:
    """Return what `<script integrity=…>` checks."""
    return f"sha384-{base64.b64encode(hashlib.sha384(script()).digest()).decode()}"


@require_safe
@condition(etag_func=lambda _request: f'"{digest()}"')
def widget(request: HttpRequest) -> HttpResponse:
    """The current release's, whichever that is."""
    return served(FOR_AN_HOUR)


@require_safe
def pinned_widget(request: HttpRequest, named: str) -> HttpResponse:
    """Exactly this one; after an update of the server its address is another one."""
    if named != digest():
        raise Http404("another release's widget")
    return served(FOR_EVER)


def served(cache_control: str) -> HttpResponse:
    """Let any page load it, also one that isolates itself (COEP) or checks its integrity, which needs CORS."""
    response = HttpResponse(script(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = cache_control
    response["Last-Modified"] = http_date(WIDGET.stat().st_mtime)
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response
