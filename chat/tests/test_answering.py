"""What holds of an answer whatever the protocol: headers, trace ids, being stopped, the connection, secrets."""

from __future__ import annotations

import asyncio
import logging

import httpx
import pytest

from chat.answering import stream_answer
from chat.deadlines import Deadlines
from chat.events import Ended, Failed, Fault, Reason, Text, TraceId
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage
from chat.retrying import retry_after
from chat.tests.fault_server import DONE, FAULTS, fault_server, piece
from chat.tests.fault_server import event as event_of
from chat.tests.faults import WORDS
from chat.tests.replaying import HI, hear

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
async def faults():
    async with fault_server() as server:
        yield server


def target_of(faults, name, **more) -> Target:
    return Target("openai-chat", faults.url(name), **more)


async def test_every_word_comes_as_soon_as_it_is_there(faults):
    """The server goes on only when the word before was heard, so nothing is held back."""
    heard = asyncio.Event()

    async def word_by_word(to):
        await to.head()
        for word in WORDS:
            heard.clear()
            await to.chunk(event_of(piece({"content": word})))
            await heard.wait()
        await to.chunk(DONE)
        await to.chunk(b"")

    FAULTS["word_by_word"] = word_by_word
    try:
        async with httpx.AsyncClient(verify=False) as client:
            async for event in stream_answer(target_of(faults, "word_by_word"), HI, client):
                if isinstance(event, Text):
                    heard.set()
    finally:
        del FAULTS["word_by_word"]
    assert event == Ended(Reason.STOP)


@pytest.mark.parametrize("name", ["stall", "no_head", "head_only"])
async def test_who_is_cancelled_hangs_up(faults, name):
    async with httpx.AsyncClient(verify=False) as client:
        reading = asyncio.ensure_future(drained(stream_answer(target_of(faults, name), HI, client)))
        await asyncio.wait_for(faults.asked.wait(), 5)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await asyncio.wait_for(faults.hung_up.wait(), 5)


async def test_who_closes_the_answer_between_two_events_hangs_up(faults):
    async with httpx.AsyncClient(verify=False) as client:
        answer = stream_answer(target_of(faults, "stall"), HI, client)
        await anext(answer)
        await answer.aclose()
        await asyncio.wait_for(faults.hung_up.wait(), 5)


async def drained(answer):
    return [event async for event in answer]


async def test_a_cancellation_from_outside_is_not_taken_for_a_deadline(faults):
    async with httpx.AsyncClient(verify=False) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await drained(stream_answer(target_of(faults, "stall"), HI, client))


async def test_a_deadline_leaves_the_task_as_it_was(faults):
    async with httpx.AsyncClient(verify=False) as client:
        events = await drained(stream_answer(target_of(faults, "stall", idle_timeout_s=0.05), HI, client))
    assert events[-2:] == [Failed(Fault.STALLED), Ended(Reason.ERROR)]
    assert asyncio.current_task().cancelling() == 0


async def test_no_timer_is_left_behind(faults, monkeypatch):
    made = []
    start = Deadlines.start
    monkeypatch.setattr(Deadlines, "start", lambda self: (made.append(self), start(self))[1])
    for name in ("ok", "e404", "disconnect"):
        await hear(target_of(faults, name))
    assert [deadlines.timer.cancelled() for deadlines in made] == [True] * 3


@pytest.mark.parametrize("name", ["aimock_chat_text", "litellm_chat_nonstream", "litellm_chat_500"])
async def test_the_connection_is_used_again(replay, name):
    async with httpx.AsyncClient(verify=False) as client:
        for _ in range(3):
            await drained(stream_answer(Target("openai-chat", replay.url(name)), HI, client))
    assert len({asked.client_port for asked in replay.asked}) == 1


async def test_cookies_of_one_answer_are_not_sent_with_the_next(replay):
    replay.headers["set-cookie"] = "session=alice; Path=/"
    async with httpx.AsyncClient(verify=False) as client:
        for _ in range(2):
            await drained(stream_answer(Target("openai-chat", replay.url("aimock_chat_text")), HI, client))
    assert "cookie" not in replay.asked[1].headers


@pytest.mark.parametrize(
    ("headers", "trace_id"),
    [
        ({"x-mlflow-trace-id": "tr-1"}, TraceId("tr-1", "x-mlflow-trace-id")),
        ({"x-trace-id": "abc", "x-mlflow-trace-id": "tr-1"}, TraceId("tr-1", "x-mlflow-trace-id")),
        ({"traceresponse": f"00-{TRACE}-b7ad6b7169203331-01"}, TraceId(TRACE, "traceresponse")),
        ({"x-run": "run-7", "x-trace-id": "abc"}, TraceId("run-7", "X-Run")),
        ({"x-request-id": "r"}, None),
    ],
)
async def test_trace_ids_in_headers(replay, headers, trace_id):
    replay.headers.update(headers)
    events = await hear(Target("openai-chat", replay.url("aimock_chat_text")), trace_id_headers=["X-Run"])
    assert [event for event in events if isinstance(event, TraceId)] == ([trace_id] if trace_id else [])


async def test_the_endpoints_own_path_is_surer_than_the_usual_places(replay):
    target = Target("mlflow-responses", replay.url("agentserver_invoke"))
    events = await hear(target, trace_id_paths=["output[0].id"])
    assert TraceId("msg_1", "output[0].id") in events
    assert not any(isinstance(event, TraceId) and event.where == "metadata.trace_id" for event in events)


async def test_the_endpoints_own_header_is_surer_than_the_usual_places(replay):
    replay.headers["x-run"] = "run-7"
    target = Target("mlflow-responses", replay.url("agentserver_invoke"))
    events = await hear(target, trace_id_headers=["x-run"])
    assert [event for event in events if isinstance(event, TraceId)] == [TraceId("run-7", "x-run")]


async def test_the_usual_places_are_surer_than_the_usual_headers(replay):
    replay.headers["x-trace-id"] = "abc"
    events = await hear(Target("mlflow-responses", replay.url("agentserver_invoke")))
    assert [event.trace_id[:3] for event in events if isinstance(event, TraceId)] == ["abc", "tr-"]


async def test_traceparent_is_sent_where_there_is_one(replay):
    prompt = Prompt([PromptMessage("user", "hi")], "c", "t", "u", traceparent=f"00-{TRACE}-b7ad6b7169203331-01")
    await hear(Target("openai-chat", replay.url("aimock_chat_text")), prompt)
    assert replay.asked[0].headers["traceparent"] == f"00-{TRACE}-b7ad6b7169203331-01"


async def test_messages_may_have_any_characters(replay):
    prompt = Prompt([PromptMessage("user", "ö ✓ 🎉 \ud83c \u2028")], "c", "t", "u")
    await hear(Target("openai-chat", replay.url("aimock_chat_text")), prompt)
    assert replay.asked[0].body["messages"][0]["content"] == "ö ✓ 🎉 ? \u2028"


async def test_secrets_are_in_no_log_and_no_event(faults, caplog):
    caplog.set_level(logging.DEBUG)
    target = target_of(faults, "e401_echo", secret="sk-very-secret", headers={"x-key": "another-secret"})
    events = await hear(target)
    assert events[0].detail == "Incorrect API key: •••"
    assert "secret" not in caplog.text.replace("secret_header", "")
    assert "secret" not in repr(target)


async def test_an_address_that_is_not_allowed(faults):
    class AddressRefused(httpx.ConnectError):
        fault = Fault.NOT_ALLOWED

    def refuse(request):
        raise AddressRefused("127.0.0.1 is not allowed")

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as client:
        events = await drained(stream_answer(target_of(faults, "ok"), HI, client))
    assert events == [Failed(Fault.NOT_ALLOWED, "127.0.0.1 is not allowed"), Ended(Reason.ERROR)]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3),
        ({"retry-after-ms": "250", "retry-after": "3"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, 0),
    ],
)
def test_how_long_to_wait(headers, seconds):
    assert retry_after(headers) == seconds
