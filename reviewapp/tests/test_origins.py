from __future__ import annotations

from typing import Any

import pytest

from reviewapp.origins import OwnPagesOnly


async def opens(origin: str | None, *, host: str = "127.0.0.1:8000", scheme: str = "ws", **headers: str) -> bool:
    """Say whether a page of this origin gets through."""
    reached, sent = [], []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"} if not sent else {"type": "websocket.disconnect", "code": 1006}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    named = {"host": host, **headers} | ({"origin": origin} if origin else {})
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]
    scope = {"type": "websocket", "path": "/ws/traces/", "scheme": scheme, "query_string": b"", "headers": raw}
    await OwnPagesOnly(application)(scope, receive, send)
    assert bool(reached) == (sent == [])
    return bool(reached)


@pytest.mark.parametrize(
    ("origin", "host", "is_open"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://localhost:8000", "localhost:8000", True),
        ("http://127.0.0.1:8001", "127.0.0.1:8000", False),  # another application on this machine
        ("http://127.0.0.1", "127.0.0.1:8000", False),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("https://127.0.0.1:8000", "127.0.0.1:8000", False),
        ("https://evil.example", "127.0.0.1:8000", False),
        ("http://evil.example", "evil.example", False),  # a name that somebody pointed to us
        ("null", "127.0.0.1:8000", False),
        (None, "127.0.0.1:8000", False),
    ],
)
async def test_only_our_own_pages_get_a_socket(origin, host, is_open):
    assert await opens(origin, host=host) is is_open


async def test_over_tls_the_page_must_be_too(settings):
    settings.ALLOWED_HOSTS = ["review.example.org"]

    assert await opens("https://review.example.org", host="review.example.org", scheme="wss")
    assert not await opens("http://review.example.org", host="review.example.org", scheme="wss")


async def test_a_proxy_that_ends_tls_is_believed_where_it_is_known(settings):
    settings.ALLOWED_HOSTS = ["review.example.org"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    assert await opens("https://review.example.org", host="review.example.org", x_forwarded_proto="https")
    assert not await opens("https://review.example.org", host="review.example.org")


async def test_trusted_origins_get_a_socket_as_their_forms_are_accepted(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://tools.example.org", "https://*.example.net"]

    assert await opens("https://tools.example.org")
    assert await opens("https://a.example.net")
    assert not await opens("http://tools.example.org")
    assert not await opens("https://example.com")
