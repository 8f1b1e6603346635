from __future__ import annotations

import pytest

from chat.events import Ended, Failed, Fault, Reason, Reasoning, Source, Started, Text, ToolCall, ToolResult, TraceId
from chat.models.endpoints import Target
from chat.tests.reading import read, read_whole, request_of
from chat.tests.replaying import hear

PROTOCOL = "ag-ui"
FINISHED = {"type": "RUN_FINISHED", "threadId": "t", "runId": "r"}


def said(delta, message_id="m", kind="TEXT_MESSAGE_CONTENT", **more):
    return {"type": kind, "messageId": message_id, "delta": delta, **more}


async def heard(replay, name):
    return await hear(Target(PROTOCOL, replay.url(name)))


async def test_text(replay):
    started, text, ended = await heard(replay, "aimock_agui_text")

    assert started == Started("585a4dca-8303-43d7-b410-346f1603c6a7")
    assert (text, ended) == (Text("Hi! How can I help you today? ✓"), Ended(Reason.STOP))


async def test_a_tool(replay):
    assert await heard(replay, "aimock_agui_tool") == [
        Started("r1"),
        ToolCall("tc1", "web_search"),
        ToolCall("tc1", "web_search", {"query": "latest news"}),
        ToolResult("tc1", "3 hits"),
        Text("Here are the latest results..."),
        Ended(Reason.STOP),
    ]


async def test_an_error(replay):
    assert await heard(replay, "aimock_agui_error") == [
        Started("r2"),
        Failed(Fault.BROKEN, "boom"),
        Ended(Reason.ERROR),
    ]


def test_what_is_asked():
    request = request_of(PROTOCOL, "https://h/agent?x=1", system_prompt="Be brief.", parameters={"state": {"a": 1}})

    assert request.url == "https://h/agent?x=1"
    image = {"type": "image", "source": {"type": "data", "value": "aGk=", "mimeType": "image/png"}}
    assert request.body == {
        "threadId": "conv-1",
        "runId": "turn-1",
        "state": {"a": 1},
        "tools": [],
        "context": [],
        "forwardedProps": {},
        "messages": [
            {"id": "m0", "role": "system", "content": "Be brief."},
            {"id": "m1", "role": "user", "content": "Am I covered?"},
            {"id": "m2", "role": "assistant", "content": "Yes."},
            {"id": "m3", "role": "user", "content": [{"type": "text", "text": "And this?"}, image]},
        ],
    }


def test_chunks_and_reasoning():
    events, reason = read(
        PROTOCOL,
        said("Hm. ", kind="REASONING_MESSAGE_CONTENT"),
        said("Well.", kind="THINKING_TEXT_MESSAGE_CONTENT"),
        said("Ye", kind="TEXT_MESSAGE_CHUNK"),
        said("s.", None, kind="TEXT_MESSAGE_CHUNK"),
        {"type": "TOOL_CALL_CHUNK", "toolCallId": "c", "toolCallName": "look", "delta": '{"q"'},
        {"type": "TOOL_CALL_CHUNK", "delta": ": 1}"},
        {"type": "TOOL_CALL_RESULT", "toolCallId": "c", "content": "3 hits"},
        said("No.", "m2"),
        FINISHED,
    )
    assert events == [
        Reasoning("Hm. Well."),
        Text("Yes."),
        ToolCall("c", "look"),
        ToolCall("c", "look", {"q": 1}),
        ToolResult("c", "3 hits"),
        Text("\n\nNo."),
    ]
    assert reason == Reason.STOP


@pytest.mark.parametrize("key", ["trace_id", "traceId", "mlflow.trace_id"])
def test_a_trace_is_named_in_the_metadata(key):
    events, _ = read(PROTOCOL, said("Yes.", metadata={key: "tr-1", "traceparent": "x"}), FINISHED)
    assert events == [Text("Yes."), TraceId("tr-1", "metadata.trace_id")]


def test_sources_come_as_a_custom_event():
    value = {"type": "CUSTOM", "name": "sources", "value": [{"title": "Policy", "url": "https://a.org"}]}
    assert read(PROTOCOL, value, FINISHED)[0] == [Source("Policy", url="https://a.org")]


def test_an_agent_that_only_shows_its_messages():
    messages = [
        {"id": "1", "role": "user", "content": "Before?"},
        {"id": "2", "role": "assistant", "content": "Before."},
        {"id": "3", "role": "user", "content": "Am I?"},
        {"id": "4", "role": "assistant", "content": "Yes."},
    ]
    snapshot = {"type": "MESSAGES_SNAPSHOT", "messages": messages}
    assert read(PROTOCOL, snapshot, FINISHED)[0] == [Text("Yes.")]
    assert read(PROTOCOL, said("Yes."), snapshot, FINISHED)[0] == [Text("Yes.")]


@pytest.mark.parametrize("outcome", ["interrupt", {"type": "interrupt"}])
def test_a_run_that_was_interrupted_waits(outcome):
    assert read(PROTOCOL, said("Allow?"), FINISHED | {"outcome": outcome})[1] == Reason.TOOL_CALLS


def test_states_and_steps_say_nothing():
    events, _ = read(PROTOCOL, {"type": "STATE_SNAPSHOT", "snapshot": {}}, {"type": "STEP_STARTED", "stepName": "x"})
    assert events == []


def test_a_body_that_is_no_stream_is_not_understood():
    assert read_whole(PROTOCOL, {"messages": []}) == ([], None)
    assert read_whole(PROTOCOL, {"error": "boom"}) == ([Failed(Fault.BROKEN, "boom")], Reason.ERROR)
