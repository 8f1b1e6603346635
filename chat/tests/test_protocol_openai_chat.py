from __future__ import annotations

import pytest

from chat.events import Ended, Fault, Reason, Reasoning, Refusal, Source, Started, Text, ToolCall, ToolResult, Usage
from chat.models.endpoints import Target
from chat.tests.reading import DONE, PNG, read, read_whole, request_of
from chat.tests.replaying import hear

PROTOCOL = "openai-chat"
TABLE = "Hello! | a | b |\n|---|---|\n| 1 | 2 |\n\nÜnïcödé ✓ 你好 🎉 and $x^2$."
MOCK = "Hello from the **mock**.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nÜnïcödé ✓ and $x^2$."


def delta(finish_reason=None, **fields):
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}]}


async def heard(replay, name):
    return await hear(Target(PROTOCOL, replay.url(name), model="m"))


@pytest.mark.parametrize(
    ("name", "text", "usage", "reason"),
    [
        ("aimock_chat_text", TABLE, Usage(1, 16, 17), Reason.STOP),
        ("litellm_chat_stream", MOCK, Usage(8, 38, 46), Reason.STOP),
        ("litellm_chat_nonstream", MOCK, Usage(10, 20, 30), Reason.STOP),
        (
            "llamacpp_chat_nonstream",
            " an did9 tellH write weD air that an kind; our yearMQ land down then his want read more",
            Usage(29, 24, 53),
            Reason.LENGTH,
        ),
    ],
)
async def test_text_usage_and_reason(replay, name, text, usage, reason):
    started, *rest = await heard(replay, name)

    assert started.upstream_id.startswith("chatcmpl-")
    assert rest == [Text(text), usage, Ended(reason)]


@pytest.mark.parametrize("name", ["aimock_chat_reasoning", "litellm_up_chat_claude_stream"])
async def test_reasoning_comes_once_although_some_write_it_three_times(replay, name):
    events = await heard(replay, name)

    assert events[1:] == [
        Reasoning("First I consider. Then I decide."),
        Text("The answer is **42** ✓ naïve."),
        Ended(Reason.STOP),
    ]


@pytest.mark.parametrize("name", ["aimock_chat_tool", "litellm_up_chat_tool_stream"])
async def test_a_tool_call_is_put_together_from_its_pieces(replay, name):
    _, reasoning, text, begun, call, ended = await heard(replay, name)

    assert reasoning == Reasoning("The user wants weather; call the tool.")
    assert text == Text("Let me check.")
    assert begun == ToolCall(call.call_id, "get_weather")
    assert call.arguments == {"location": "Paris", "unit": "celsius"}
    assert ended == Ended(Reason.TOOL_CALLS)


async def test_an_error_in_the_middle_keeps_the_text(replay):
    _, text, failed, ended = await heard(replay, "litellm_up_chat_disconnect")

    assert text.delta.startswith("This answer will be")
    assert (failed.fault, ended) == (Fault.BROKEN, Ended(Reason.ERROR))
    assert failed.detail.startswith("litellm.APIConnectionError")


async def test_a_stream_that_was_cut(replay):
    events = await heard(replay, "aimock_chat_disconnect")

    assert events[-1] == Ended(Reason.CUT_OFF)
    assert events[1].delta.endswith("over the wire.")


async def test_an_empty_stream_is_no_answer(replay):
    failed, _ = await heard(replay, "llamacpp_chat_toolong")

    assert failed.fault == Fault.EMPTY


@pytest.mark.parametrize(
    ("name", "fault", "status", "detail"),
    [
        ("litellm_chat_401", Fault.BAD_REQUEST, 400, "No connected db."),
        ("litellm_chat_500", Fault.BROKEN, 500, "litellm.InternalServerError: this is a mock"),
        ("aimock_chat_429", Fault.BUSY, 429, "Rate limit exceeded."),
    ],
)
async def test_statuses(replay, name, fault, status, detail):
    failed, _ = await heard(replay, name)

    assert (failed.fault, failed.http_status) == (fault, status)
    assert failed.detail.startswith(detail)


async def test_what_is_asked(replay):
    await hear(
        Target(
            PROTOCOL,
            replay.url("aimock_chat_text") + "/v1/",
            model="gpt-x",
            secret="sk-1",
            system_prompt="Be brief.",
            parameters={"temperature": 0},
            headers={"X-Team": "claims"},
        )
    )

    (asked,) = replay.asked
    assert asked.path == "/aimock_chat_text/v1/chat/completions"
    assert asked.body == {
        "model": "gpt-x",
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
    }
    headers = {"authorization": "Bearer sk-1", "x-team": "claims", "accept-encoding": "identity"}
    assert headers.items() <= asked.headers.items()
    assert "traceparent" not in asked.headers


@pytest.mark.parametrize(
    ("url", "full"),
    [
        ("https://api.openai.com", "https://api.openai.com/v1/chat/completions"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1/chat/completions"),
        ("https://h/serving-endpoints", "https://h/serving-endpoints/chat/completions"),
        ("https://h/serving-endpoints/claims/invocations", "https://h/serving-endpoints/claims/invocations"),
        (
            "https://h/deployments/d/chat/completions?api-version=1",
            "https://h/deployments/d/chat/completions?api-version=1",
        ),
        ("https://h/openai?api-version=1#x", "https://h/openai/chat/completions?api-version=1"),
    ],
)
def test_addresses(url, full):
    assert request_of(PROTOCOL, url).url == full


def test_images_and_history():
    assert request_of(PROTOCOL).body["messages"] == [
        {"role": "user", "content": "Am I covered?"},
        {"role": "assistant", "content": "Yes."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "And this?"}, {"type": "image_url", "image_url": {"url": PNG}}],
        },
    ]


def test_parameters_take_defaults_away():
    assert "stream_options" not in request_of(PROTOCOL, parameters={"stream_options": None}).body
    assert "stream_options" not in request_of(PROTOCOL, parameters={"stream": False}).body
    assert request_of(PROTOCOL, parameters={"messages": [], "seed": 0}).body["messages"]


def test_secret_in_a_header_of_its_own_and_traceparent():
    headers = request_of(PROTOCOL, secret="k", options={"secret_header": "Api-Key"}, traceparent="00-a-b-01").headers
    assert headers["api-key"] == "k"
    assert "authorization" not in headers
    assert headers["traceparent"] == "00-a-b-01"


def test_headers_of_the_endpoint_win():
    headers = request_of(PROTOCOL, secret="k", headers={"Authorization": "Basic x"}).headers
    assert headers["authorization"] == "Basic x"


@pytest.mark.parametrize(
    "fields",
    [
        {"reasoning_content": "Hm."},
        {"reasoning": "Hm."},
        {"reasoning": "Hm.", "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]},
        {"reasoning_details": [{"text": "Hm."}]},
        {"thinking_blocks": [{"type": "thinking", "thinking": "Hm."}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]},
        {"content": "<think>Hm.</think>"},
    ],
)
def test_reasoning_in_all_its_spellings(fields):
    events, _ = read(PROTOCOL, delta(**fields), delta(content="Yes."), DONE)
    assert events == [Reasoning("Hm."), Text("Yes.")]


@pytest.mark.parametrize("size", range(1, 12))
def test_think_tags_may_be_cut_anywhere(size):
    text = "\n<thinking>Is 1 < 2? </think> is no end.</thinking>\n\nYes, 1 < 2. A <think> tag."
    deltas = [delta(content=text[n : n + size]) for n in range(0, len(text), size)]
    events, _ = read(PROTOCOL, *deltas, DONE)
    assert events == [Reasoning("Is 1 < 2? </think> is no end."), Text("Yes, 1 < 2. A <think> tag.")]


@pytest.mark.parametrize("text", ["<thin", "  <b>bold</b>", "<", "The tag <think> and </think>", "a"])
def test_what_only_looks_like_a_tag_is_text(text):
    events, _ = read(PROTOCOL, *(delta(content=letter) for letter in text), DONE)
    assert events == [Text(text)]


def test_reasoning_that_never_ends_is_no_answer():
    events, reason = read(PROTOCOL, delta(content="<think>Hm</thi"), delta("length"))
    assert events == [Reasoning("Hm</thi")]
    assert reason == Reason.LENGTH


def test_two_tool_calls_in_pieces_side_by_side():
    events, _ = read(
        PROTOCOL,
        delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "look", "arguments": ""}}]),
        delta(tool_calls=[{"index": 1, "id": "b", "function": {"name": "find", "arguments": '{"q":'}}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": "not json"}}]),
        delta(tool_calls=[{"index": 1, "function": {"arguments": "1}"}}]),
        delta("tool_calls"),
    )
    calls = [
        ToolCall("a", "look"),
        ToolCall("b", "find"),
        ToolCall("a", "look", "not json"),
        ToolCall("b", "find", {"q": 1}),
    ]
    assert events == calls


def test_calls_that_all_say_index_0_are_told_apart_by_id():
    events, _ = read(
        PROTOCOL,
        delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "look", "arguments": "{}"}}]),
        delta(tool_calls=[{"index": 0, "id": "b", "function": {"name": "look", "arguments": '{"n": 2}'}}]),
    )
    assert [event for event in events if event.arguments is not None] == [
        ToolCall("a", "look", {}),
        ToolCall("b", "look", {"n": 2}),
    ]


def test_an_agent_that_runs_its_tools_itself():
    documents = (
        '[{"page_content": "Burst pipes are covered.", "metadata": {"doc_uri": "policy.md#3", "chunk_id": "c3"}}]'
    )
    events, _ = read(
        PROTOCOL,
        delta(content="Let me look."),
        delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "look", "arguments": "{}"}}]),
        delta(role="tool", tool_call_id="a", content=documents),
        delta(content="Yes."),
        DONE,
    )
    assert events[2:] == [
        ToolCall("a", "look", {}),
        ToolResult("a", documents),
        Source(text="Burst pipes are covered.", url="policy.md#3", doc_id="c3"),
        Text("\n\nYes."),
    ]


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (
            delta(annotations=[{"type": "url_citation", "url_citation": {"url": "https://a.org", "title": "A"}}]),
            Source(title="A", url="https://a.org"),
        ),
        (
            delta(context={"citations": [{"content": "text", "title": "A", "url": "https://a.org", "chunk_id": "0"}]}),
            Source("A", "text", "https://a.org", "0"),
        ),
        ({"choices": [], "citations": ["https://a.org"]}, Source(url="https://a.org")),
        (
            {"choices": [], "search_results": [{"title": "A", "url": "https://a.org"}], "citations": ["https://a.org"]},
            Source("A", url="https://a.org"),
        ),
        (
            {"choices": [], "custom_outputs": {"sources": [{"name": "A", "similarity": 0.5, "text": "text"}]}},
            Source("A", "text", score=0.5),
        ),
    ],
)
def test_sources_in_all_their_spellings_come_once(value, source):
    events, _ = read(PROTOCOL, value, value, delta(content="Yes."), DONE)
    assert events == [source, Text("Yes.")]


def test_a_refusal_is_no_text():
    events, _ = read(PROTOCOL, delta(refusal="I can't "), delta(refusal="do that."), DONE)
    assert events == [Refusal("I can't "), Refusal("do that.")]


def test_usage_on_every_chunk_counts_once_the_last():
    chunks = [delta(content="a") | {"usage": {"prompt_tokens": 3, "completion_tokens": n}} for n in (1, 2)]
    events, _ = read(PROTOCOL, *chunks, DONE)
    assert events == [Text("aa"), Usage(3, 2, 5)]


def test_other_versions_of_the_answer_are_not_mixed_in():
    events, _ = read(PROTOCOL, {"choices": [{"index": 1, "delta": {"content": "No."}}]}, delta(content="Yes."), DONE)
    assert events == [Text("Yes.")]


@pytest.mark.parametrize(
    ("word", "reason"), [("length", Reason.LENGTH), ("content_filter", Reason.CONTENT_FILTER), ("new", "stop")]
)
def test_finish_reasons(word, reason):
    assert read(PROTOCOL, delta(content="Y"), delta(word))[1] == reason


def test_a_whole_body_with_everything():
    message = {
        "role": "assistant",
        "reasoning_content": "Hm.",
        "content": "Yes.",
        "tool_calls": [{"id": "a", "type": "function", "function": {"name": "look", "arguments": '{"q": 1}'}}],
    }
    events, reason = read_whole(PROTOCOL, {"id": "c", "model": "m", "choices": [{"message": message}]})
    assert events == [
        Started("c", "m"),
        Reasoning("Hm."),
        Text("Yes."),
        ToolCall("a", "look"),
        ToolCall("a", "look", {"q": 1}),
    ]
    assert reason == Reason.STOP
