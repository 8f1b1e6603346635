"""HTTP to MLflow servers, at addresses that this server calls: the same that endpoints may be at.

The rules, and what they are for, are in `chat.addresses`; here they hold for calls that wait for their answer.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from chat.addresses import check_form, look_up, permitted

MAX_CONNECTIONS = 20


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to an address that was checked, and not to whatever a second look-up would find."""

    def __init__(self) -> None:
        self.backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        found = asyncio.run(permitted(host, port, look_up))
        for address in found[:-1]:
            try:
                return self.backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                continue
        return self.backend.connect_tcp(found[-1], port, timeout, local_address, socket_options)


class CheckedTransport(httpx.HTTPTransport):
    def __init__(self) -> None:
        super().__init__()
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(), max_connections=MAX_CONNECTIONS, network_backend=CheckedBackend()
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        check_form(request.url)
        return super().handle_request(request)
