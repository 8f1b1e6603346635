from __future__ import annotations

from chat.events import Ended, Failed, Fault, Reason, Source, Text, ToolCall, ToolResult, TraceId, Usage
from chat.models.endpoints import Target
from chat.tests.reading import DONE, read, read_whole, request_of
from chat.tests.replaying import hear

PROTOCOL = "mlflow-chat"


def chunk(message_id, content, role="assistant", **more):
    return {"delta": {"role": role, "content": content, "id": message_id, **more}}


async def test_models_serve_sends_one_body_although_a_stream_was_asked_for(replay):
    events = await hear(Target(PROTOCOL, replay.url("modelsserve_chatagent_stream_flag")))

    assert events == [Text("You said: hi"), Ended(Reason.STOP)]


async def test_a_stack_trace_is_not_repeated(replay):
    failed, _ = await hear(Target(PROTOCOL, replay.url("modelsserve_chatagent_bad")))

    assert failed.fault == Fault.BAD_REQUEST
    assert failed.detail.startswith("Encountered an unexpected error")
    assert "Traceback" not in failed.detail and "line 348" not in failed.detail


async def test_what_is_asked(replay):
    await hear(Target(PROTOCOL, replay.url("modelsserve_chatagent_stream_flag"), system_prompt="Be brief."))

    (asked,) = replay.asked
    assert asked.path == "/modelsserve_chatagent_stream_flag/invocations"
    assert asked.headers["x-mlflow-return-trace-id"] == "true"
    assert asked.body == {
        "stream": True,
        "context": {"conversation_id": "conv-1", "user_id": "u1"},
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
    }


def test_databricks_is_asked_for_the_trace():
    body = request_of(PROTOCOL, "https://adb-1.azuredatabricks.net/serving-endpoints/claims").body
    assert body["databricks_options"] == {"return_trace": True}
    assert body["messages"][-1] == {"role": "user", "content": "And this?"}  # images have no place in it


def test_chunks_of_a_message_go_together_and_messages_apart():
    calls = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"q": 1}'}}]
    events, reason = read(
        PROTOCOL,
        chunk("a", "Let me "),
        chunk("a", "look."),
        chunk("b", "", tool_calls=calls),
        chunk("t", "3 hits", role="tool", tool_call_id="c1", name="look"),
        chunk("d", "Yes"),
        chunk("d", ".") | {"finish_reason": "stop", "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
        DONE,
    )
    assert events == [
        Text("Let me look."),
        ToolCall("c1", "look"),
        ToolCall("c1", "look", {"q": 1}),
        ToolResult("c1", "3 hits", name="look"),
        Text("\n\nYes."),
        Usage(1, 2, 3),
    ]
    assert reason == Reason.STOP


def test_a_whole_body_with_steps():
    body = {
        "messages": [
            {"role": "assistant", "id": "a", "content": "", "tool_calls": [{"id": "c1", "function": {"name": "look"}}]},
            {"role": "tool", "id": "b", "tool_call_id": "c1", "content": "3 hits"},
            {"role": "assistant", "id": "c", "content": "Yes."},
        ],
        "finish_reason": "length",
        "custom_outputs": {"sources": [{"title": "Policy"}]},
        "databricks_output": {"trace": {"info": {"trace_id": "tr-1"}}},
    }
    events, reason = read_whole(PROTOCOL, body)
    assert events == [
        ToolCall("c1", "look"),
        ToolCall("c1", "look", {}),
        ToolResult("c1", "3 hits"),
        Text("Yes."),
        TraceId("tr-1", "databricks_output.trace.info.trace_id"),
        Source("Policy"),
    ]
    assert reason == Reason.LENGTH


def test_a_chat_models_chunks_are_openais():
    events, reason = read(PROTOCOL, {"choices": [{"delta": {"content": "Yes."}, "finish_reason": "stop"}]})
    assert (events, reason) == ([Text("Yes.")], Reason.STOP)


def test_an_error_in_the_stream():
    events, reason = read(PROTOCOL, chunk("a", "Ye"), {"error": "boom"})
    assert (events, reason) == ([Text("Ye"), Failed(Fault.BROKEN, "boom")], Reason.ERROR)
