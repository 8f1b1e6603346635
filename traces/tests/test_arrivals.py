"""New traces are told to open lists, which then ask how many fit."""

from __future__ import annotations

import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer
from django.conf import settings
from django.db.models import Max
from django.test import Client

from reviewapp.asgi import application
from traces import arriving
from traces.arriving import Throttle
from traces.ingest.storing import store_spans
from traces.models import Experiment, Trace
from traces.tests.corpus_files import spans_of

HERE = b"http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def unthrottled(monkeypatch) -> None:
    monkeypatch.setattr(arriving, "throttle", Throttle(0))


@pytest.fixture(autouse=True)
def clean_layer():
    """One test's sockets are not another's."""
    yield
    layer = get_channel_layer()
    layer.channels.clear()
    layer.groups.clear()


def cookie_of(user) -> bytes:
    client = Client()
    client.force_login(user, backend="accounts.backends.PasswordBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}".encode()


async def socket_of(user, *, origin: bytes = HERE) -> ApplicationCommunicator:
    headers = [(b"host", b"127.0.0.1:8000"), (b"origin", origin)]
    if user:
        headers.append((b"cookie", await sync_to_async(cookie_of)(user)))
    scope = {"type": "websocket", "path": "/ws/traces/", "headers": headers, "query_string": b""}
    socket = ApplicationCommunicator(application, scope)
    await socket.send_input({"type": "websocket.connect"})
    return socket


@pytest.mark.django_db(transaction=True)
async def test_an_open_list_hears_of_a_stored_trace(dana):
    socket = await socket_of(dana)
    assert (await socket.receive_output())["type"] == "websocket.accept"

    spans = spans_of("oi-langchain-tax-rag")
    await sync_to_async(lambda: store_spans(Experiment.objects.earliest("pk"), spans))()

    assert json.loads((await socket.receive_output())["text"]) == {"event": "traces:arrived"}
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait()


@pytest.mark.django_db(transaction=True)
async def test_experts_strangers_and_other_sites_hear_nothing(alice, dana):
    assert (await (await socket_of(alice)).receive_output())["code"] == 4404
    assert (await (await socket_of(None)).receive_output())["code"] == 4401
    elsewhere = await socket_of(dana, origin=b"https://evil.example.org")
    assert (await elsewhere.receive_output())["type"] == "websocket.close"


def test_many_arrivals_are_told_once():
    throttle = Throttle(60)
    assert [throttle.lets_through() for _ in range(3)] == [True, False, False]


def place(client, query: str = "") -> str:
    return client.get(f"/traces/{query}").context["newest"]


def test_only_what_fits_and_is_newer_counts(client_of, dana, make_trace):
    make_trace(10, state="ERROR")
    client = client_of(dana)
    newest = place(client, "?state=ERROR")
    make_trace(11, state="ERROR")
    make_trace(9)
    make_trace(8, state="ERROR")

    answer = client.get("/traces/arrived/", {"state": "ERROR", "newest": newest}).content.decode()

    assert "1 new trace" in answer
    assert 'href="?state=ERROR"' in answer


def test_nothing_new_is_said_by_nothing(client_of, dana, make_trace):
    make_trace(1)
    client = client_of(dana)
    assert client.get("/traces/arrived/", {"newest": place(client)}).content.strip() == b""


def test_the_first_trace_ever_is_new(client_of, dana, make_trace):
    client = client_of(dana)
    assert place(client) == "all"
    make_trace(1)
    assert b"1 new trace" in client.get("/traces/arrived/", {"newest": "all"}).content


def test_very_many_are_not_counted(client_of, dana, make_trace):
    make_trace(200)
    client = client_of(dana)
    newest = place(client)
    experiment = Experiment.objects.get(name="claims")
    later = Trace.objects.aggregate(at=Max("request_time"))["at"].replace(hour=23)
    Trace.objects.bulk_create(
        Trace(trace_id=f"tr-new-{n}", experiment=experiment, request_time=later) for n in range(150)
    )
    assert b"More than 99 new traces" in client.get("/traces/arrived/", {"newest": newest}).content


def test_other_orders_and_pages_are_not_live(client_of, dana, make_trace):
    make_trace(1)
    client = client_of(dana)
    assert place(client, "?sort=slowest") == ""
    assert place(client, "?page=x") == ""


@pytest.mark.parametrize("asked", [{}, {"newest": "x"}, {"filter": "nonsense", "newest": "all"}])
def test_nonsense_is_no_error(client_of, dana, asked):
    assert client_of(dana).get("/traces/arrived/", asked).status_code == 200


def test_who_may_not(client_of, alice, client, dana):
    assert client_of(alice).get("/traces/arrived/").status_code == 404
    assert client.get("/traces/arrived/").status_code == 302
    assert client_of(dana).post("/traces/arrived/").status_code == 405
