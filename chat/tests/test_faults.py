"""Every way in which an endpoint can go wrong: what is heard of it, and what the expert reads.

The server really does it, on a socket: chat/tests/faults.py.
"""

from __future__ import annotations

import asyncio

import httpx
import pytest

from chat import deadlines
from chat.answering import stream_answer
from chat.events import Ended, Failed, Fault, Reason, Started, Text, Usage, as_json
from chat.models import Turn
from chat.models.endpoints import Target
from chat.tests.fault_server import WHOLE, FaultServer, fault_server
from chat.tests.faults import FAULTS
from chat.tests.replaying import HI, hear
from chat.wording import words_for

BEGUN = Started("c1", "m")
STOP = Ended(Reason.STOP)
ERROR = Ended(Reason.ERROR)
ALL = [BEGUN, Text(WHOLE), STOP]
HALF = [BEGUN, Text("Hello ")]

HEARD = {
    # How a stream may be written: nothing of it matters.
    **dict.fromkeys(
        ["ok", "crlf", "cr_only", "crlf_split", "byte_by_byte", "keepalive", "retry_only", "id_lines", "gzip_stream"],
        ALL,
    ),
    **dict.fromkeys(["multiline_data", "nospace", "bom", "wrong_ct", "html_ct", "null_content", "odd_shapes"], ALL),
    "not_gzip": [Failed(Fault.NOT_UNDERSTOOD, "Error -3 while decompressing data: incorrect header check"), ERROR],
    "brotli": [Failed(Fault.NOT_UNDERSTOOD, "content-encoding: br"), ERROR],
    "huge": [BEGUN, Text("Hel" + "x" * 5_000_000 + WHOLE[3:]), STOP],
    "u2028": [BEGUN, Text("Hela\u2028b\u0085c" + WHOLE[3:]), STOP],
    "bad_utf8": [BEGUN, Text("Hel\ufffd\ufffd" + WHOLE[3:]), STOP],
    "half_emojis": [BEGUN, Text("a🎉b"), STOP],
    # How it may end
    **dict.fromkeys(["no_done", "no_trailing_blank", "after_done", "two_dones", "dup_final", "held_open"], ALL),
    "cut_after_finish": ALL,
    "only_half_a_tag": [BEGUN, Text("<thin"), STOP],
    "no_done_no_finish": [BEGUN, Text(WHOLE), Ended(Reason.UNMARKED)],
    "disconnect_http10": [*HALF, Ended(Reason.UNMARKED)],
    "disconnect": [*HALF, Ended(Reason.CUT_OFF)],
    "rst": [*HALF, Ended(Reason.CUT_OFF)],
    # What may stand in it
    "bad_json": ALL,
    "only_bad_json": [Failed(Fault.NOT_UNDERSTOOD, '{"id":'), ERROR],
    "empty_choices": [BEGUN, Text(WHOLE), Usage(1, 2, 3), STOP],
    "err_obj": [*HALF, Failed(Fault.BROKEN, "engine died"), ERROR],
    "err_str": [*HALF, Failed(Fault.BROKEN, "agent exploded"), ERROR],
    "err_event": [*HALF, Failed(Fault.BROKEN, "boom"), ERROR],
    "err_plain": [*HALF, Failed(Fault.BROKEN, "Internal Server Error"), ERROR],
    "err_busy": [*HALF, Failed(Fault.BUSY, "Overloaded"), ERROR],
    # How it may take too long
    "no_head": [Failed(Fault.SLOW_START), ERROR],
    "head_only": [Failed(Fault.SLOW_START), ERROR],
    "pings_only": [Failed(Fault.SLOW_START), ERROR],
    "stall": [*HALF, Failed(Fault.STALLED), ERROR],
    "stall_pings": [*HALF, Failed(Fault.STALLED), ERROR],
    # What may come instead
    "json_body": ALL,
    "json_cut": [Ended(Reason.CUT_OFF)],
    "other_json": [Failed(Fault.NOT_UNDERSTOOD, "{'predictions': [1, 2]}"), ERROR],
    "plain_text": [Failed(Fault.NOT_UNDERSTOOD, "It works!"), ERROR],
    "html_200": [Failed(Fault.WEB_PAGE, "Login"), ERROR],
    "redirect": [Failed(Fault.WEB_PAGE, "→ https://login.example.org/", 302), ERROR],
    "nothing": [Failed(Fault.EMPTY), ERROR],
    "no_words": [BEGUN, Failed(Fault.EMPTY), ERROR],
    "too_large": [Failed(Fault.TOO_LARGE), ERROR],
    # Statuses
    "e429": [Failed(Fault.BUSY, "slow down", 429, 0.01), ERROR],
    "e429_once": ALL,
    "e429_long": [Failed(Fault.BUSY, "", 429, 60), ERROR],
    "e503_html": [Failed(Fault.BUSY, "503", 503, 0.01), ERROR],
    "e500_sse": [Failed(Fault.BROKEN, "Error processing stream start", 500), ERROR],
    "e400_trace": [Failed(Fault.BAD_REQUEST, "Verify the input.", 400), ERROR],
    "e401_echo": [Failed(Fault.REFUSED_KEY, "Incorrect API key: •••", 401), ERROR],
    "e502_cut": [Failed(Fault.BROKEN, "no upstream", 502), ERROR],
    "e500_stall": [Failed(Fault.BROKEN, "no upstream", 500), ERROR],
    "e404": [Failed(Fault.NOT_FOUND, "Not Found", 404), ERROR],
    "e400_model": [Failed(Fault.NOT_FOUND, "no model m", 400), ERROR],
    "e422": [Failed(Fault.BAD_REQUEST, "Field required", 422), ERROR],
}
BY_OTHER_TESTS = {"finish_held_open", "gzip_bomb", "hang_up", "not_http", "never_ending", "endless"}

SENTENCES = {
    "no_done_no_finish": "The answer ended without saying that it was complete.",
    "disconnect_http10": "The answer ended without saying that it was complete.",
    "disconnect": "The connection broke in the middle of the answer. What had come is kept.",
    "rst": "The connection broke in the middle of the answer. What had come is kept.",
    "json_cut": "The connection broke before an answer came. Your message is kept.",
    "only_bad_json": "An answer came in a form that could not be read.",
    "err_obj": "The application reported an error. What had come is kept. You can try again.",
    "err_str": "The application reported an error.",
    "err_event": "The application reported an error.",
    "err_plain": "The application reported an error.",
    "err_busy": "The application is busy. What had come is kept. Wait a moment, then try again.",
    "no_head": "The application did not begin to answer in time. Your message is kept.",
    "head_only": "The application did not begin to answer in time.",
    "pings_only": "The application did not begin to answer in time.",
    "stall": "The application fell silent in the middle of the answer. What had come is kept.",
    "stall_pings": "The application fell silent in the middle of the answer.",
    "other_json": "An answer came in a form that could not be read.",
    "plain_text": "An answer came in a form that could not be read.",
    "html_200": "A web page came instead of an answer, perhaps a sign-in page.",
    "redirect": "A web page came instead of an answer, perhaps a sign-in page.",
    "nothing": "The application ended its answer without saying anything.",
    "no_words": "The application ended its answer without saying anything.",
    "not_gzip": "An answer came in a form that could not be read.",
    "brotli": "An answer came in a form that could not be read.",
    "too_large": "The answer was larger than allowed and was ended.",
    "e429": "The application is busy. Your message is kept. You can try again in 1 second.",
    "e429_long": "The application is busy. Your message is kept. You can try again in 60 seconds.",
    "e503_html": "The application is busy.",
    "e500_sse": "The application reported an error. Your message is kept. You can try again.",
    "e400_trace": "The application did not accept the message.",
    "e401_echo": "The application refused our access. Your message is kept. Please tell the person who set up",
    "e502_cut": "The application reported an error.",
    "e500_stall": "The application reported an error.",
    "e404": "The application, or its model, was not found at its address.",
    "e400_model": "The application, or its model, was not found at its address.",
    "e422": "The application did not accept the message.",
}
STATES = {
    Reason.UNMARKED: Turn.State.UNMARKED,
    Reason.CUT_OFF: Turn.State.CUT_OFF,
    Reason.ERROR: Turn.State.FAILED,
}


@pytest.fixture
async def faults():
    async with fault_server() as server:
        yield server


def target_of(faults: FaultServer, name: str, **more) -> Target:
    patience = {"first_byte_timeout_s": 0.5, "idle_timeout_s": 0.5, "total_timeout_s": 30} | more
    return Target("openai-chat", faults.url(name), model="m", secret="sk-very-secret", **patience)


def turn_of(events) -> Turn:
    """Return a turn as the runner leaves it."""
    failures = [as_json(event) for event in events if isinstance(event, Failed)]
    return Turn(
        text="".join(event.delta for event in events if isinstance(event, Text)),
        state=STATES.get(events[-1].reason, Turn.State.COMPLETE),
        finish_reason=events[-1].reason,
        failure=failures[0] if failures else {},
    )


@pytest.mark.parametrize("name", HEARD)
async def test_what_is_heard_and_said(faults, name):
    events = await hear(target_of(faults, name))

    assert events == HEARD[name]
    words = words_for(turn_of(events))
    assert (words is None) == (name not in SENTENCES)
    assert words is None or words.sentence.startswith(SENTENCES[name])


def test_every_fault_has_a_test():
    assert HEARD.keys() | BY_OTHER_TESTS == FAULTS.keys()


@pytest.mark.parametrize("name", ["hang_up", "not_http"])
async def test_a_server_that_gives_no_response(faults, name):
    failed, ended = await hear(target_of(faults, name))

    assert (failed.fault, ended) == (Fault.BROKEN, ERROR)
    assert failed.detail


async def test_a_finished_answer_is_not_waited_for_long(faults, monkeypatch):
    monkeypatch.setattr(deadlines, "FINISH_S", 0.05)

    assert await hear(target_of(faults, "finish_held_open", idle_timeout_s=60)) == ALL


async def test_an_answer_that_goes_on_and_on_is_ended(faults):
    events = await hear(target_of(faults, "never_ending", total_timeout_s=1.5))

    assert events[1].delta.startswith("HelHel")
    assert events[2:] == [Failed(Fault.TOO_LONG), ERROR]


async def test_a_few_packed_bytes_that_are_very_many_are_too_large(faults):
    events = await hear(target_of(faults, "gzip_bomb", first_byte_timeout_s=10, idle_timeout_s=10))

    assert events == [Failed(Fault.TOO_LARGE), ERROR]


async def test_an_answer_that_is_too_large_as_a_whole_is_ended(faults):
    events = await hear(target_of(faults, "endless"))

    assert len(events[1].delta) > 20_000_000
    assert events[2:] == [Failed(Fault.TOO_LARGE), ERROR]


@pytest.mark.parametrize(
    ("name", "n_asked"), [("e429", 2), ("e429_once", 2), ("e503_html", 2), ("e429_long", 1), ("e500_sse", 1)]
)
async def test_it_is_asked_again_only_after_a_short_wait_that_the_endpoint_names(faults, name, n_asked):
    await hear(target_of(faults, name))

    assert faults.counts[name] == n_asked


@pytest.mark.parametrize("name", ["disconnect", "rst", "hang_up", "stall", "json_cut", "err_busy"])
async def test_it_is_never_asked_again_once_it_could_have_begun(faults, name):
    await hear(target_of(faults, name))

    assert faults.counts[name] == 1


async def test_a_port_where_nobody_listens():
    failed, ended = await hear(Target("openai-chat", "http://127.0.0.1:1/v1"))

    assert (failed.fault, ended) == (Fault.UNREACHABLE, ERROR)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "ftp://example.org/v1", "http://", "http://[::1/v1", "http://a:99999/v1"]
)
async def test_an_address_that_is_none(url):
    failed, ended = await hear(Target("openai-chat", url))

    assert (failed.fault, ended) == (Fault.UNREACHABLE, ERROR)


@pytest.mark.parametrize("headers", [{"x-name": "Zoë ✓"}, {"x-name": "a\nb"}, {"bad name": "x"}])
async def test_a_header_that_cannot_be_sent(faults, headers):
    failed, ended = await hear(target_of(faults, "ok", headers=headers))

    assert (failed.fault, ended) == (Fault.BAD_REQUEST, ERROR)


async def test_a_slow_reader_is_not_taken_for_a_silent_endpoint(faults):
    """The idle time runs only while the endpoint is waited for."""
    events = []
    async with httpx.AsyncClient(verify=False) as client:
        async for event in stream_answer(target_of(faults, "ok", idle_timeout_s=0.05), HI, client):
            events.append(event)
            await asyncio.sleep(0.06)

    assert events[-1] == STOP
