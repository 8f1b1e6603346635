from __future__ import annotations

import pytest

from chat.events import Ended, Failed, Fault, Reason, Reasoning, Source, Started, Text, ToolCall, ToolResult, Usage
from chat.framing import Frame
from chat.models.endpoints import Target
from chat.tests.reading import read, read_whole, request_of
from chat.tests.replaying import hear

PROTOCOL = "anthropic"
START = {
    "type": "message_start",
    "message": {"id": "msg", "model": "c", "usage": {"input_tokens": 9, "output_tokens": 1}},
}
STOP = {"type": "message_stop"}


def block(index, **content):
    return {"type": "content_block_start", "index": index, "content_block": content}


def delta(index, **content):
    return {"type": "content_block_delta", "index": index, "delta": content}


def end(reason, **usage):
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


async def heard(replay, name):
    return await hear(Target(PROTOCOL, replay.url(name)))


async def test_text(replay):
    _, text, usage, ended = await heard(replay, "aimock_anthropic_text")

    assert text.delta.startswith("Hello! | a | b |")
    assert (usage, ended) == (Usage(0, 0, 0), Ended(Reason.STOP))


async def test_thinking(replay):
    events = await heard(replay, "litellm_up_messages_stream")

    assert events[1:3] == [Reasoning("First I consider. Then I decide."), Text("The answer is **42** ✓ naïve.")]


async def test_a_tool_call(replay):
    _, reasoning, text, begun, call, _, ended = await heard(replay, "aimock_anthropic_tool")

    assert (reasoning, text) == (Reasoning("The user wants weather; call the tool."), Text("Let me check."))
    assert begun == ToolCall(call.call_id, "get_weather")
    assert call.arguments == {"location": "Paris", "unit": "celsius"}
    assert ended == Ended(Reason.TOOL_CALLS)


async def test_a_whole_body_to_a_request_for_a_stream(replay):
    assert await heard(replay, "litellm_anthropic_stream") == [
        Started("msg_013Zva2CMHLNnXjNJJKqJ2EF", "fake-claude"),
        Text("Hello from mock claude."),
        Usage(2095, 503, 2598),
        Ended(Reason.STOP),
    ]


@pytest.mark.parametrize("url", ["https://h", "https://h/v1", "https://h/v1/messages"])
def test_what_is_asked(url):
    request = request_of(PROTOCOL, url, secret="k", model="c", system_prompt="Be brief.", parameters={"temperature": 0})

    assert request.url == "https://h/v1/messages"
    assert {"x-api-key": "k", "anthropic-version": "2023-06-01"}.items() <= request.headers.items()
    assert "authorization" not in request.headers
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    assert request.body == {
        "model": "c",
        "stream": True,
        "max_tokens": 4096,
        "system": "Be brief.",
        "temperature": 0,
        "messages": [
            {"role": "user", "content": "Am I covered?"},
            {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": [image, {"type": "text", "text": "And this?"}]},
        ],
    }


def test_usage_comes_in_two_halves():
    events, reason = read(
        PROTOCOL, START, delta(0, type="text_delta", text="Yes."), end("max_tokens", output_tokens=5), STOP
    )
    assert events == [Started("msg", "c"), Text("Yes."), Usage(9, 5, 14)]
    assert reason == Reason.LENGTH


def test_a_tool_that_the_server_ran_gives_sources():
    found = [{"type": "web_search_result", "url": "https://a.org", "title": "A", "encrypted_content": "x"}]
    cited = {"type": "web_search_result_location", "url": "https://a.org", "title": "A", "cited_text": "Covered."}
    events, reason = read(
        PROTOCOL,
        block(0, type="text", text=""),
        delta(0, type="text_delta", text="Let me look."),
        block(1, type="server_tool_use", id="s1", name="web_search", input={}),
        delta(1, type="input_json_delta", partial_json='{"query": "x"}'),
        {"type": "content_block_stop", "index": 1},
        block(2, type="web_search_tool_result", tool_use_id="s1", content=found),
        delta(3, type="text_delta", text="Yes, "),
        delta(3, type="citations_delta", citation=cited),
        delta(4, type="text_delta", text="you are."),
        end("end_turn"),
        STOP,
    )
    assert events == [
        Text("Let me look."),
        ToolCall("s1", "web_search"),
        ToolCall("s1", "web_search", {"query": "x"}),
        ToolResult("s1", found),
        Source("A", url="https://a.org"),
        Text("\n\nYes, "),
        Source("A", "Covered.", "https://a.org"),
        Text("you are."),
    ]
    assert reason == Reason.STOP


def test_a_citation_of_a_document():
    cited = {"type": "char_location", "cited_text": "Covered.", "document_index": 0, "document_title": "Policy"}
    assert read(PROTOCOL, delta(0, type="citations_delta", citation=cited))[0] == [Source("Policy", "Covered.")]


def test_pings_and_what_is_new_are_passed_over():
    events, _ = read(PROTOCOL, {"type": "ping"}, {"type": "new_event", "x": 1}, delta(0, type="new_delta"), STOP)
    assert events == []


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, Fault.BUSY),
        ({"type": "authentication_error", "message": "x"}, Fault.REFUSED_KEY),
        ({"type": "invalid_request_error", "message": "x"}, Fault.BAD_REQUEST),
        ({"type": "api_error", "message": "x"}, Fault.BROKEN),
    ],
)
def test_errors_in_the_stream(error, fault):
    events, reason = read(PROTOCOL, {"type": "error", "error": error})
    assert (events, reason) == ([Failed(fault, error["message"])], Reason.ERROR)


def test_names_of_events_count_where_the_data_has_no_type():
    frames = [Frame("content_block_delta", '{"index": 0, "delta": {"type": "text_delta", "text": "Yes."}}'),
              Frame("message_stop", '{"x": 1}')]  # fmt: skip
    assert read(PROTOCOL, *frames) == ([Text("Yes.")], Reason.STOP)


def test_a_whole_body_with_everything():
    content = [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "text", "text": "Yes.", "citations": [{"cited_text": "Covered.", "document_title": "Policy"}]},
        {"type": "tool_use", "id": "t", "name": "look", "input": {"q": 1}},
    ]
    events, reason = read_whole(PROTOCOL, {"type": "message", "content": content, "stop_reason": "tool_use"})
    assert events == [Reasoning("Hm."), Text("Yes."), Source("Policy", "Covered."), ToolCall("t", "look", {"q": 1})]
    assert reason == Reason.TOOL_CALLS
