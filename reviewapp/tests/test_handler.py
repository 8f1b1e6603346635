"""From the event loop to the views and back: reviewapp/handler.py"""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core import signals
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from reviewapp.handler import OneHopHandler
from reviewapp.lib.afterwards import afterwards
from reviewapp.lib.serving import SOON_S, do_soon

SCOPE = {
    "type": "http", "http_version": "1.1", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"",
    "headers": [(b"host", b"localhost"), (b"content-type", b"application/x-www-form-urlencoded")], "root_path": "",
}  # fmt: skip


class Handler(OneHopHandler):
    """Answers as the test says."""

    def __init__(self, view) -> None:
        super().__init__()
        self.get_response = view


def asked(view) -> ApplicationCommunicator:
    return ApplicationCommunicator(Handler(view), SCOPE)


@pytest.fixture
def signalled():
    """What Django's signals said so far, and in which thread."""
    told: list[tuple[str, str]] = []

    def started(**_more) -> None:
        told.append(("started", threading.current_thread().name))

    def finished(**_more) -> None:
        told.append(("finished", threading.current_thread().name))

    signals.request_started.connect(started)
    signals.request_finished.connect(finished)
    yield told
    signals.request_started.disconnect(started)
    signals.request_finished.disconnect(finished)


async def test_a_form_is_answered_and_all_of_it_happens_in_one_thread(signalled):
    def view(request: HttpRequest) -> HttpResponse:
        signalled.append(("viewed", threading.current_thread().name))
        return HttpResponse(f"Hello {request.POST['name']}", status=201)

    client = asked(view)
    await client.send_input({"type": "http.request", "body": b"name=", "more_body": True})
    await client.send_input({"type": "http.request", "body": b"Alice"})
    start, body = await client.receive_output(), await client.receive_output()
    await client.wait()

    assert (start["status"], body["body"], body["more_body"]) == (201, b"Hello Alice", False)
    assert [what for what, _thread in signalled] == ["started", "viewed", "finished"]
    assert len({thread for _what, thread in signalled}) == 1


async def test_who_leaves_before_the_form_is_complete_is_not_answered(signalled):
    client = asked(lambda request: HttpResponse("too late"))
    await client.send_input({"type": "http.disconnect"})
    await client.wait()

    assert await client.receive_nothing()
    assert signalled == []


async def test_a_request_that_cannot_be_read_is_refused():
    client = ApplicationCommunicator(Handler(lambda request: HttpResponse("never")), {**SCOPE, "query_string": b"\xff"})
    await client.send_input({"type": "http.request"})

    assert (await client.receive_output())["status"] == 400


@pytest.mark.parametrize("leaves", [False, True], ids=["to its end", "until who asked leaves"])
async def test_a_streamed_answer_is_sent(signalled, leaves):
    ended = asyncio.Event()

    async def blocks():
        try:
            yield b"one"
            if leaves:
                await asyncio.Event().wait()  # for ever
            yield b"two"
        finally:
            ended.set()

    client = asked(lambda request: StreamingHttpResponse(blocks()))
    await client.send_input({"type": "http.request"})
    assert (await client.receive_output())["status"] == 200
    assert (await client.receive_output())["body"] == b"one"
    if leaves:
        await client.send_input({"type": "http.disconnect"})
    else:
        assert (await client.receive_output())["body"] == b"two"
        assert await client.receive_output() == {"type": "http.response.body"}
    await client.wait()

    assert ended.is_set()
    assert [what for what, _thread in signalled] == ["started", "finished"]


async def test_a_streamed_answer_that_fails_is_said_to_the_server(signalled):
    async def blocks():
        yield b"one"
        raise LookupError("gone")

    client = asked(lambda request: StreamingHttpResponse(blocks()))
    await client.send_input({"type": "http.request"})
    with pytest.raises(LookupError):
        await client.wait()
    assert [what for what, _thread in signalled] == ["started", "finished"]


async def test_what_is_left_to_do_is_done_once_the_answer_is_sent():
    done = threading.Event()
    client = asked(lambda request: afterwards(HttpResponse("here"), done.set))
    await client.send_input({"type": "http.request"})
    await client.receive_output()
    assert (await client.receive_output())["body"] == b"here"
    await client.wait()

    assert done.is_set()


async def test_what_is_left_to_do_is_left_while_somebody_waits():
    done, entered, go_on = threading.Event(), threading.Event(), threading.Event()

    def view(request: HttpRequest) -> HttpResponse:
        if request.GET:
            entered.set()
            assert go_on.wait(20)
            return HttpResponse("late")
        return afterwards(HttpResponse("here"), done.set)

    handler = Handler(view)
    slow = ApplicationCommunicator(handler, {**SCOPE, "query_string": b"slow=1"})
    await slow.send_input({"type": "http.request"})
    await asyncio.to_thread(entered.wait, 20)
    quick = ApplicationCommunicator(handler, SCOPE)
    await quick.send_input({"type": "http.request"})
    await quick.receive_output()
    await quick.receive_output()
    await quick.wait()
    go_on.set()
    assert (await slow.receive_output())["status"] == 200
    await slow.wait()

    assert not done.is_set()


@pytest.mark.parametrize(
    ("path", "threads"),
    [
        ("/v1/traces", "intake"),
        ("/v1/logs", "intake"),
        ("/settings/mlflow/7/check/", "asking"),
        ("/chat/endpoints/new/", "asking"),
        ("/", "request"),
    ],
)
async def test_traces_that_come_in_and_pages_that_ask_servers_take_no_thread_of_other_pages(path, threads):
    client = ApplicationCommunicator(
        Handler(lambda request: HttpResponse(threading.current_thread().name)), {**SCOPE, "path": path}
    )
    await client.send_input({"type": "http.request"})
    await client.receive_output()

    assert (await client.receive_output())["body"].decode() == f"{threads}_1"


async def test_a_dead_server_holds_up_nobody_but_who_asks_it():
    is_alive = threading.Event()

    def view(request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/settings/mlflow/"):
            is_alive.wait(20)
        return HttpResponse("done")

    handler = Handler(view)
    asking = [ApplicationCommunicator(handler, SCOPE | {"path": "/settings/mlflow/7/check/"}) for _ in range(9)]
    label = ApplicationCommunicator(handler, SCOPE | {"path": "/labeling/"})
    try:
        for each in [*asking, label]:
            await each.send_input({"type": "http.request", "body": b""})
        assert (await label.receive_output(timeout=5))["status"] == 200
    finally:
        is_alive.set()
    assert [(await each.receive_output(timeout=5))["status"] for each in asking] == [200] * 9


async def test_the_loop_does_what_a_view_hands_it_and_the_view_does_not_wait():
    done, answered = asyncio.Event(), threading.Event()

    async def work() -> None:
        await asyncio.to_thread(answered.wait, 20)
        done.set()

    def view(request: HttpRequest) -> HttpResponse:
        do_soon("work", work)
        return HttpResponse("here")

    client = asked(view)
    await client.send_input({"type": "http.request"})
    assert (await client.receive_output())["status"] == 200
    assert not done.is_set()

    answered.set()
    await asyncio.wait_for(done.wait(), 20)


async def test_what_a_view_waits_for_is_done_by_the_loop():
    async def loop_of_work() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    def view(request: HttpRequest) -> HttpResponse:
        done_by.append(async_to_sync(loop_of_work)())
        return HttpResponse()

    done_by = []
    client = asked(view)
    await client.send_input({"type": "http.request"})
    await client.receive_output()

    assert done_by == [asyncio.get_running_loop()]


async def test_what_is_asked_again_before_it_begins_is_done_once_and_what_is_asked_later_again():
    began: list[str] = []
    goes_on = asyncio.Event()

    async def work(name: str) -> None:
        began.append(name)
        goes_on.set()

    def view(request: HttpRequest) -> HttpResponse:
        for name in ("one", "one", "other", "one"):
            do_soon(name, partial(work, name))
        return HttpResponse("here")

    for _ in range(2):
        client = asked(view)
        await client.send_input({"type": "http.request"})
        assert (await client.receive_output())["status"] == 200
        await client.wait()
        while len(began) % 2 or not began:
            goes_on.clear()
            await asyncio.wait_for(goes_on.wait(), 20)
        await asyncio.sleep(2 * SOON_S)

    assert began == ["one", "other"] * 2


def test_elsewhere_work_for_the_loop_is_done_on_return():
    done = []

    async def work() -> None:
        done.append(True)

    do_soon("work", work)

    assert done


@pytest.mark.parametrize("room", [0, 3, 100])
async def test_a_body_arrives_whole_whether_it_fits_into_memory_or_not(settings, room):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = room
    client = asked(lambda request: HttpResponse(request.read()))
    for piece in (b"one ", b"two ", b"", b"three"):
        await client.send_input({"type": "http.request", "body": piece, "more_body": piece != b"three"})

    await client.receive_output()
    assert (await client.receive_output())["body"] == b"one two three"


@pytest.mark.parametrize("room", [0, 100])
async def test_nobody_is_answered_who_leaves_before_the_end_of_the_body(settings, room):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = room
    client = asked(lambda request: HttpResponse(request.read()))
    await client.send_input({"type": "http.request", "body": b"one", "more_body": True})
    await client.send_input({"type": "http.disconnect"})

    await client.wait()
    assert await client.receive_nothing()
