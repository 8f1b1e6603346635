"""Forms as a browser sends them, and servers that answer a test message."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chat.forms.endpoint import EndpointForm
from chat.models import Endpoint
from chat.tests import faults as _faults  # noqa: F401  registers them
from chat.tests.fault_server import FaultServer, fault_server

HTMX = {"HX-Request": "true"}
LOOPBACK = ["127.0.0.0/8"]


def filled(endpoint: Endpoint, **changes: Any) -> dict[str, Any]:
    """Return what the form of the endpoint would send, with some fields changed."""
    typed = EndpointForm(endpoint=endpoint).as_typed() | changes
    return {name: value for name, value in typed.items() if value is not False and value is not None}


@contextmanager
def faults_beside() -> Iterator[FaultServer]:
    """Run the server of faults on a loop of its own, for tests that have none."""
    ready, over = threading.Event(), threading.Event()
    made: list[FaultServer] = []

    async def serve() -> None:
        async with fault_server() as server:
            made.append(server)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    try:
        yield made[0]
    finally:
        over.set()
        thread.join()
