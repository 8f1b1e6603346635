"""When there is no room, senders are told so at once, and nothing is stored."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import grpc
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from traces.ingest.admission import HELD, Overloaded, holding
from traces.ingest.counting_bodies import LARGE, CountingBodies
from traces.ingest.otlp_grpc import make_server
from traces.models import Span
from traces.tests.otlp_bodies import a_span, json_body

LIMIT = 1_000  # bytes


@pytest.fixture
def send(settings):
    """Return a function that posts to an address without a token."""
    settings.INGEST_WITHOUT_TOKEN = True

    def post(path: str = "/v1/traces", body: bytes | None = None) -> HttpResponse:
        return Client().post(path, body or json_body(a_span()), content_type="application/json")

    return post


@pytest.fixture(autouse=True)
def nothing_held():
    assert (HELD.bytes, HELD.requests) == (0, 0)
    yield
    assert (HELD.bytes, HELD.requests) == (0, 0)


def is_told_to_come_again(response: HttpResponse) -> bool:
    said = response.json()
    return (
        (response.status_code, response["Retry-After"]) == (503, "2")
        and said["error_code"] == "TEMPORARILY_UNAVAILABLE"
        and "Nothing was stored; send it again." in said["message"]
    )


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs"])
def test_without_a_free_place_a_request_is_refused(send, settings, path):
    settings.INGEST_CONCURRENCY = 2
    with HELD.place(), HELD.place():
        assert is_told_to_come_again(send(path))
    assert not Span.objects.exists()
    assert send().status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"no JSON", json_body(a_span(traceId="x"))])
def test_a_place_is_free_again_after_a_bad_request(send, settings, body):
    settings.INGEST_CONCURRENCY = 1
    assert [send(body=body).status_code for _ in range(2)] == [400, 400]


@pytest.mark.django_db
def test_too_many_bytes_at_a_time_are_refused(send, settings):
    settings.INGEST_BYTES_IN_FLIGHT = LIMIT
    with holding(LIMIT - 10):
        assert is_told_to_come_again(send())
    assert not Span.objects.exists()


@pytest.mark.django_db
def test_a_request_that_is_alone_has_room(send, settings):
    settings.INGEST_BYTES_IN_FLIGHT = 1
    assert send().status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/v1/traces"])
def test_a_database_that_is_behind_is_not_waited_for_without_end(send, settings, path):
    settings.INGEST_LOCK_WAIT_S = 1
    with locked_by_another():
        assert is_told_to_come_again(send(path))
    assert not Span.objects.exists()
    assert send(path).status_code == 200
    if connection.vendor == "sqlite":  # pages wait as long as ever
        assert connection.cursor().execute("PRAGMA busy_timeout").fetchone() == (20_000,)


class locked_by_another:
    """Somebody else's transaction, that holds what storing needs."""

    def __enter__(self) -> None:
        if connection.vendor == "sqlite":
            name = connection.settings_dict["NAME"]
            self.other = sqlite3.connect(name, timeout=20, isolation_level=None, uri=str(name).startswith("file:"))
            self.other.execute("BEGIN IMMEDIATE")
        else:
            wrapper = connection.copy()
            wrapper.settings_dict = {**connection.settings_dict, "OPTIONS": {}}
            wrapper.connect()
            self.wrapper = wrapper
            self.other = wrapper.connection
            self.other.execute("BEGIN")
            self.other.execute("LOCK TABLE traces_trace IN ACCESS EXCLUSIVE MODE")

    def __exit__(self, *_: object) -> None:
        self.other.execute("ROLLBACK")
        self.other.close()


@pytest.mark.django_db(transaction=True)
def test_over_grpc_it_is_unavailable(settings):
    settings.INGEST_WITHOUT_TOKEN = True
    settings.INGEST_CONCURRENCY = 0
    server, port = make_server("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
            with pytest.raises(grpc.RpcError) as refused:
                export(b"", timeout=20)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    finally:
        server.stop(None).wait()


def test_bytes_are_given_back():
    with pytest.raises(ZeroDivisionError), holding(10):
        _ = 1 / 0
    with holding(10), pytest.raises(Overloaded):
        HELD.add(10**12)


# Bodies on their way through the event loop.


async def answered(chunks: list[bytes], *, path: str = "/v1/traces") -> list[dict]:
    """Let an application read these pieces of a body, and return what it sent."""
    pieces = iter(chunks)
    sent: list[dict] = []

    async def receive() -> dict:
        piece = next(pieces, None)
        return {"type": "http.disconnect"} if piece is None else {"type": "http.request", "body": piece}

    async def send(message: dict) -> None:
        sent.append(message)

    async def application(scope, receive, send) -> None:
        size = 0
        while (message := await receive())["type"] == "http.request":
            size += len(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(size).encode()})

    await CountingBodies(application)({"type": "http", "path": path}, receive, send)
    return sent


async def test_a_body_is_refused_as_soon_as_there_is_no_room_for_it(settings):
    settings.INGEST_BYTES_IN_FLIGHT = LIMIT
    with holding(LIMIT - 10):
        start, body = await answered([b"12345", b"12345", b"1", b"never read"])
    assert (start["status"], dict(start["headers"])[b"retry-after"]) == (503, b"2")
    assert json.loads(body["body"])["error_code"] == "TEMPORARILY_UNAVAILABLE"


async def test_a_body_with_room_gets_through(settings):
    settings.INGEST_BYTES_IN_FLIGHT = LIMIT
    with holding(LIMIT - 10):
        assert (await answered([b"12345", b"12345"]))[1]["body"] == b"10"
    assert (await answered([b"x" * LIMIT, b"x" * LIMIT]))[1]["body"] == b"2000"  # alone


async def test_other_pages_are_not_counted(settings):
    settings.INGEST_BYTES_IN_FLIGHT = LIMIT
    with holding(LIMIT):
        assert (await answered([b"12345"], path="/traces/"))[1]["body"] == b"5"


class Storing:
    """An application whose requests have a body and are stored until they are let go."""

    def __init__(self) -> None:
        self.n = 0
        self.may_end, self.may_tidy = asyncio.Event(), asyncio.Event()
        self.may_tidy.set()

    async def __call__(self, scope, receive, send) -> None:
        await receive()
        self.n += 1
        await self.may_end.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        await self.may_tidy.wait()


async def sent_to(application: CountingBodies, body: bytes = b"1") -> int:
    """Send one body, and return the status of the answer."""
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": body}

    async def send(message: dict) -> None:
        sent.append(message)

    await application({"type": "http", "path": "/v1/traces"}, receive, send)
    return sent[0]["status"]


async def test_requests_wait_for_their_turn_rather_than_come_again(settings):
    settings.INGEST_CONCURRENCY = 2
    storing = Storing()
    application = CountingBodies(storing)
    requests = [asyncio.create_task(sent_to(application)) for _ in range(5)]
    await asyncio.sleep(0.05)
    assert storing.n == 2
    storing.may_end.set()
    assert await asyncio.gather(*requests) == [200] * 5


async def test_a_turn_that_does_not_come_is_not_waited_for_without_end(settings):
    settings.INGEST_CONCURRENCY, settings.INGEST_LOCK_WAIT_S = 1, 0.05
    storing = Storing()
    application = CountingBodies(storing)
    first = asyncio.create_task(sent_to(application))
    await asyncio.sleep(0)
    assert await sent_to(application) == 503
    storing.may_end.set()
    assert await first == 200
    assert await sent_to(application) == 200


async def test_what_is_done_after_an_answer_takes_no_turn(settings):
    settings.INGEST_CONCURRENCY = 1
    storing = Storing()
    storing.may_end.set()
    storing.may_tidy.clear()
    application = CountingBodies(storing)
    first = asyncio.create_task(sent_to(application))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(sent_to(application))
    await asyncio.sleep(0.05)
    assert storing.n == 2
    assert not first.done()
    storing.may_tidy.set()
    assert await asyncio.gather(first, second) == [200, 200]


async def test_on_sqlite_large_bodies_come_one_after_the_other_and_small_ones_beside_them(settings):
    settings.INGEST_CONCURRENCY = 3
    storing = Storing()
    application = CountingBodies(storing)
    large = [asyncio.create_task(sent_to(application, b"x" * LARGE)) for _ in range(2)]
    await asyncio.sleep(0.05)
    assert storing.n == (1 if connection.vendor == "sqlite" else 2)
    small = asyncio.create_task(sent_to(application))
    await asyncio.sleep(0.05)
    assert storing.n == (2 if connection.vendor == "sqlite" else 3)
    storing.may_end.set()
    assert await asyncio.gather(*large, small) == [200] * 3


async def test_with_no_turns_at_all_nobody_waits(settings):
    settings.INGEST_CONCURRENCY = 0
    assert await asyncio.wait_for(sent_to(CountingBodies(Storing())), timeout=1) == 503
