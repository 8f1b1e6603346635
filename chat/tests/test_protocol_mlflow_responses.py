from __future__ import annotations

import json

import pytest

from chat.events import Ended, Failed, Fault, Reason, Source, Text, ToolCall, ToolResult, TraceId
from chat.models.endpoints import Target
from chat.tests.reading import DONE, read, request_of
from chat.tests.replaying import hear

PROTOCOL = "mlflow-responses"
BASE = "https://ws.cloud.databricks.com/serving-endpoints/claims"


async def heard(replay, name, **more):
    return await hear(Target(PROTOCOL, replay.url(name)), **more)


async def test_agent_server_streams_steps_text_and_the_id_of_its_trace(replay):
    assert await heard(replay, "agentserver_stream") == [
        ToolCall("call_1", "lookup", {"q": "hi"}),
        ToolResult("call_1", "3 hits for hi"),
        Text("You said: **hi** ✓ 你好 🎉 "),
        TraceId("tr-51aa42f79763d2aaa9153bf1264b2ef5", "trace_id"),
        Ended(Reason.STOP),
    ]


async def test_agent_server_whole(replay):
    assert await heard(replay, "agentserver_invoke") == [
        Text("You said: hi"),
        TraceId("tr-39b300dd3dfb07800c1c29ed2b1fe014", "metadata.trace_id"),
        Ended(Reason.STOP),
    ]


async def test_agent_server_fails_in_the_middle_with_a_text_as_error(replay):
    events = await heard(replay, "agentserver_stream_error")

    assert events[-3:] == [Text("You said: "), Failed(Fault.BROKEN, "agent exploded mid-stream"), Ended(Reason.ERROR)]


async def test_agent_server_says_what_it_did_not_like(replay):
    failed, _ = await heard(replay, "agentserver_badreq")

    assert (failed.fault, failed.http_status) == (Fault.BAD_REQUEST, 400)
    assert failed.detail.startswith("Invalid parameters for ResponsesAgent")


async def test_models_serve_sends_one_body_although_a_stream_was_asked_for(replay):
    assert await heard(replay, "modelsserve_responses_stream_flag") == [Text("You said: hi"), Ended(Reason.STOP)]


async def test_what_is_asked(replay):
    await hear(Target(PROTOCOL, replay.url("agentserver_invoke"), system_prompt="Be brief.", secret="k"))

    (asked,) = replay.asked
    assert asked.path == "/agentserver_invoke/invocations"
    assert asked.headers["x-mlflow-return-trace-id"] == "true"
    assert asked.headers["authorization"] == "Bearer k"
    assert asked.body == {
        "stream": True,
        "context": {"conversation_id": "conv-1", "user_id": "u1"},
        "databricks_options": {"return_trace": True},
        "input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
    }


def test_the_trace_need_not_be_asked_for():
    assert "databricks_options" not in request_of(PROTOCOL, options={"return_trace": False}).body


@pytest.mark.parametrize(
    ("url", "full"),
    [
        (BASE, f"{BASE}/invocations"),
        (f"{BASE}/invocations", f"{BASE}/invocations"),
        ("https://app.databricksapps.com", "https://app.databricksapps.com/invocations"),
        ("https://app.databricksapps.com/responses", "https://app.databricksapps.com/responses"),
    ],
)
def test_addresses(url, full):
    assert request_of(PROTOCOL, url).url == full


def test_databricks_sends_the_whole_trace_with_an_item():
    documents = [{"page_content": "Covered.", "metadata": {"doc_uri": "policy.md"}, "id": "d1"}]
    span = {"attributes": {"mlflow.spanType": '"RETRIEVER"', "mlflow.spanOutputs": json.dumps(documents)}}
    item = {"type": "message", "id": "m", "content": [{"type": "output_text", "text": "Yes."}]}
    trace = {"info": {"trace_id": "tr-1"}, "data": {"spans": [{"attributes": {"mlflow.spanType": '"LLM"'}}, span]}}
    value = {"type": "response.output_item.done", "item": item, "databricks_output": {"trace": trace}}
    assert read(PROTOCOL, value, DONE) == (
        [
            Text("Yes."),
            TraceId("tr-1", "databricks_output.trace.info.trace_id"),
            Source(text="Covered.", url="policy.md", doc_id="d1"),
        ],
        Reason.STOP,
    )


def test_databricks_may_send_no_trace():
    value = {
        "type": "response.output_text.delta",
        "item_id": "m",
        "delta": "Yes.",
        "databricks_output": {"trace": None},
    }
    assert read(PROTOCOL, value, DONE)[0] == [Text("Yes.")]


def test_documents_that_a_tool_found_are_sources():
    output = json.dumps([{"page_content": "Covered.", "metadata": {"source": "policy.md"}}])
    value = {"type": "function_call_output", "call_id": "c", "output": output}
    assert read(PROTOCOL, value, DONE)[0] == [ToolResult("c", output), Source(text="Covered.", url="policy.md")]


def test_what_the_agent_adds():
    added = {"trace_id": "tr-2", "sources": [{"title": "Policy", "url": "https://a.org"}]}
    value = {"type": "response.output_text.delta", "item_id": "m", "delta": "Yes.", "custom_outputs": added}
    assert read(PROTOCOL, value, DONE)[0] == [
        Text("Yes."),
        TraceId("tr-2", "custom_outputs.trace_id"),
        Source("Policy", url="https://a.org"),
    ]
