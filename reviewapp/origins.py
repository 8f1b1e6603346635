"""Which pages may open a socket: a browser sends its cookie along whoever asks, and knows no CSRF token here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.utils.http import is_same_domain

Scope = dict[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


class OwnPagesOnly:
    """Refuse sockets to pages whose forms would be refused: scheme, host and port must be ours, or trusted.

    Channels' validator of ALLOWED_HOSTS lets in whatever is served from the same host at another port.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if may_open(scope):
            await self.application(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close"})


def may_open(scope: Scope) -> bool:
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    request = ASGIRequest({**scope, "method": "GET", "scheme": scheme}, BytesIO())
    origin = request.headers.get("Origin", "")
    try:
        return origin == f"{request.scheme}://{request.get_host()}" or is_trusted(origin)
    except DisallowedHost:
        return False


def is_trusted(origin: str) -> bool:
    scheme, _, host = origin.partition("://")
    wide = (trusted.partition("://*") for trusted in settings.CSRF_TRUSTED_ORIGINS)  # https://*.example.org
    return origin in settings.CSRF_TRUSTED_ORIGINS or any(
        is_same_domain(host, domain) for of_scheme, _, domain in wide if of_scheme == scheme
    )
