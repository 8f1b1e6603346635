"""chat.probing.probe, against an application that really answers over HTTP and sends its spans."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone

from chat.models import Endpoint
from chat.probing import Found, probe
from chat.turn_spans import in_ns
from traces.ingest.incoming import IncomingSpan
from traces.ingest.storing import store_spans
from traces.models import Span, Trace

pytestmark = pytest.mark.django_db(transaction=True)

OWN = "0af7651916cd43dd8448eb211c80319c"
Sent = Callable[[dict[str, str], dict[str, Any]], list[IncomingSpan]]


@pytest.fixture(autouse=True)
def loopback_is_called(settings) -> None:
    settings.ENDPOINT_PRIVATE_ADDRESSES = ["127.0.0.0/8"]


@pytest.fixture(autouse=True)
async def connections_of_threads_are_closed() -> AsyncIterator[None]:
    yield
    await sync_to_async(connections.close_all)()


def span(trace_id: str, parent_id: str = "", question: str = "", session: str = "") -> IncomingSpan:
    begin = in_ns(timezone.now())
    messages = {"messages": [{"role": "user", "content": question}]} if question else {}
    return IncomingSpan(
        trace_id=trace_id,
        span_id="b" * 16,
        parent_id=parent_id,
        name="agent",
        start_time_ns=begin,
        end_time_ns=begin + 1000,
        attributes={"mlflow.spanType": "AGENT", "mlflow.spanInputs": messages, "session.id": session},
    )


@asynccontextmanager
async def application(
    endpoint: Endpoint, spans_of: Sent | None = None, *, names: str = "", status: int = 200
) -> AsyncIterator[None]:
    """Serve the endpoint's address; `spans_of(headers, body)` are stored once it has answered."""
    late: list[Awaitable[Any]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head)}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        message = {"role": "assistant", "content": "Hello."}
        sent = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "trace_id": names}
        content = json.dumps(sent if status == 200 else {"error": {"message": "no such model"}}).encode()
        lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(content)}"]
        writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + content)
        await writer.drain()
        writer.close()
        if spans_of is not None:
            late.append(asyncio.create_task(sync_to_async(store_spans)(endpoint.experiment, spans_of(headers, body))))

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield
    finally:
        server.close()
        await asyncio.gather(*late)


def asked_in(body: dict[str, Any]) -> str:
    return body["messages"][-1]["content"]


async def test_spans_that_take_over_the_header_join(endpoint):
    def spans(headers, body):
        _version, trace_id, parent_id, _flags = headers["traceparent"].split("-")
        return [span(trace_id, parent_id)]

    async with application(endpoint, spans):
        finding = await probe(endpoint)

    assert (finding.found, finding.is_linked) == (Found.JOINED, True)
    trace = await Trace.objects.aget(pk=finding.trace_id)
    assert (trace.name, trace.state, trace.tags["reviewapp.test"]) == ("test message", "OK", "true")
    assert await Span.objects.filter(trace=trace).acount() == 2


async def test_a_trace_that_is_named_and_comes_is_found(endpoint):
    async with application(endpoint, lambda headers, body: [span(OWN)], names=OWN):
        finding = await probe(endpoint)

    assert (finding.found, finding.trace_id) == (Found.NAMED, f"tr-{OWN}")
    assert "trace_id" in finding.sentence


async def test_a_trace_that_is_named_and_does_not_come_is_awaited(endpoint):
    async with application(endpoint, names=OWN):
        finding = await probe(endpoint, patience_s=0.1)

    assert (finding.found, finding.is_linked, finding.trace_id) == (Found.AWAITED, False, f"tr-{OWN}")


async def test_spans_under_another_trace_are_told_of(endpoint):
    async with application(endpoint, lambda headers, body: [span(OWN, question=asked_in(body))]):
        finding = await probe(endpoint)

    assert (finding.found, finding.trace_id) == (Found.ELSEWHERE, f"tr-{OWN}")
    assert "under another trace" in finding.sentence


async def test_when_nothing_comes_the_likely_reasons_are_told(endpoint):
    async with application(endpoint):
        finding = await probe(endpoint, patience_s=0.1)

    assert finding.found == Found.NOTHING
    assert "MLFLOW_USE_BATCH_SPAN_PROCESSOR=false" in finding.advice


async def test_a_message_that_fails_says_so_in_words(endpoint):
    async with application(endpoint, status=404):
        finding = await probe(endpoint)

    assert finding.found == Found.FAILED
    assert finding.sentence
    assert "no such model" in finding.advice


async def test_a_secret_that_can_not_be_opened_says_so_in_words(endpoint):
    endpoint.sealed_secret = "sealed with another key"
    finding = await probe(endpoint)

    assert finding.found == Found.FAILED
    assert finding.sentence
