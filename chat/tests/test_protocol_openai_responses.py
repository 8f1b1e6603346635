from __future__ import annotations

import pytest

from chat.events import (
    Ended,
    Failed,
    Fault,
    Reason,
    Reasoning,
    Refusal,
    Source,
    Started,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from chat.models.endpoints import Target
from chat.tests.reading import DONE, PNG, read, read_whole, request_of
from chat.tests.replaying import hear

PROTOCOL = "openai-responses"
WEATHER = {"location": "Paris", "unit": "celsius"}


def delta(text, item_id="m1"):
    return {"type": "response.output_text.delta", "item_id": item_id, "delta": text}


def done(item):
    return {"type": "response.output_item.done", "item": item}


def message(text, item_id="m1", **part):
    return {"type": "message", "id": item_id, "content": [{"type": "output_text", "text": text, **part}]}


def completed(*output, **more):
    return {"type": "response.completed", "response": {"status": "completed", "output": [*output], **more}}


CALL = {"type": "function_call", "id": "fc", "call_id": "c1", "name": "look", "arguments": '{"q": 1}'}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "3 hits"}


async def heard(replay, name):
    return await hear(Target(PROTOCOL, replay.url(name)))


async def test_text_that_comes_four_times_is_said_once(replay):
    _, text, usage, ended = await heard(replay, "aimock_responses_text")

    assert text == Text("Hello! | a | b |\n|---|---|\n| 1 | 2 |\n\nÜnïcödé ✓ 你好 🎉 and $x^2$.")
    assert (usage, ended) == (Usage(0, 0, 0), Ended(Reason.STOP))


async def test_reasoning(replay):
    events = await heard(replay, "aimock_responses_reasoning")

    assert events[1:3] == [Reasoning("First I consider. Then I decide."), Text("The answer is **42** ✓ naïve.")]


@pytest.mark.parametrize("name", ["aimock_responses_tool", "litellm_up_responses_stream"])
async def test_a_tool_call_with_event_lines_and_without(replay, name):
    started, reasoning, text, begun, call, _, ended = await heard(replay, name)

    assert isinstance(started, Started)
    assert (reasoning, text) == (Reasoning("The user wants weather; call the tool."), Text("Let me check."))
    assert begun == ToolCall(call.call_id, "get_weather")
    assert call.arguments == WEATHER
    assert ended == Ended(Reason.TOOL_CALLS)


async def test_a_status_with_a_stream_as_its_body(replay):
    events = await heard(replay, "litellm_responses_stream")

    assert events == [Failed(Fault.BROKEN, "Error processing stream start", 500), Ended(Reason.ERROR)]


def test_what_is_asked():
    request = request_of(PROTOCOL, secret="k", model="m", system_prompt="Be brief.", parameters={"store": False})

    assert request.url == "https://app.example.org/v1/responses"
    assert request.headers["authorization"] == "Bearer k"
    assert request.body == {
        "model": "m",
        "stream": True,
        "instructions": "Be brief.",
        "store": False,
        "input": [
            {"role": "user", "content": "Am I covered?"},
            {"role": "assistant", "content": "Yes."},
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "And this?"},
                    {"type": "input_image", "image_url": PNG, "detail": "auto"},
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    "values",
    [
        [delta("Yes"), delta("."), done(message("Yes.")), completed(message("Yes."))],
        [done(message("Yes.")), completed(message("Yes."))],  # no deltas
        [completed(message("Yes."))],  # nothing but the end
        [delta("Yes."), completed(message("Yes."))],
        [delta("Yes."), done(message("Yes.", "another id")), completed(message("Yes.", "a third"))],
        [delta("Yes.", None), done(message("Yes.", None)), completed(message("Yes.", None))],
        [done(message("Yes.")), {**completed(), "type": "responses.completed"}],  # Databricks spells it so
        [message("Yes."), DONE],  # an item as it is
        [{"type": "message", "id": "m", "role": "assistant", "content": "Yes."}, DONE],
    ],
)
def test_text_comes_once_however_it_comes(values):
    assert read(PROTOCOL, *values) == ([Text("Yes.")], Reason.STOP)


def test_messages_around_a_tool_are_paragraphs():
    events, reason = read(
        PROTOCOL, delta("Let me look."), done(message("Let me look.")), done(CALL), done(OUTPUT), delta("Yes.", "m2"),
        done(message("Yes.", "m2")), completed(message("Let me look."), CALL, OUTPUT, message("Yes.", "m2")),
    )  # fmt: skip
    assert events == [
        Text("Let me look."),
        ToolCall("c1", "look", {"q": 1}),
        ToolResult("c1", "3 hits"),
        Text("\n\nYes."),
    ]
    assert reason == Reason.STOP


def test_a_second_message_without_deltas_is_said_too():
    events, _ = read(PROTOCOL, delta("One."), done(message("One.")), done(message("Two.", "m2")), DONE)
    assert events == [Text("One.\n\nTwo.")]


def test_an_answer_that_ends_with_a_call_waits_for_it():
    assert read(PROTOCOL, done(CALL), DONE)[1] == Reason.TOOL_CALLS
    assert read(PROTOCOL, done(CALL), done(OUTPUT), DONE)[1] == Reason.STOP


def test_parts_of_a_summary_are_paragraphs():
    kind = "response.reasoning_summary_text.delta"
    parts = [
        {"type": kind, "item_id": "r", "summary_index": n, "delta": text}
        for n, text in ((0, "A"), (0, "b."), (1, "C."))
    ]
    whole = {"type": "reasoning", "id": "r", "summary": [{"text": "Ab."}, {"text": "C."}]}
    assert read(PROTOCOL, *parts, done(whole), completed(whole))[0] == [Reasoning("Ab.\n\nC.")]
    assert read(PROTOCOL, done(whole), completed(whole))[0] == [Reasoning("Ab.\n\nC.")]


def test_citations_come_once():
    cited = {"type": "url_citation", "url": "https://a.org", "title": "A", "start_index": 0, "end_index": 3}
    file = {"type": "file_citation", "file_id": "f1", "filename": "policy.pdf", "index": 2}
    added = {"type": "response.output_text.annotation.added", "item_id": "m1", "annotation": cited}
    whole = message("Yes.", annotations=[cited, file])
    events, _ = read(PROTOCOL, delta("Yes."), added, done(whole), completed(whole))
    assert events == [Text("Yes."), Source("A", url="https://a.org"), Source("policy.pdf", doc_id="f1")]


def test_tools_that_the_server_runs():
    search = {
        "type": "file_search_call", "id": "fs", "queries": ["pipes"],
        "results": [{"file_id": "f1", "filename": "policy.pdf", "score": 0.9, "text": "Covered."}],
    }  # fmt: skip
    web = {"type": "web_search_call", "id": "ws", "action": {"query": "x", "sources": [{"url": "https://a.org"}]}}
    mcp = {"type": "mcp_call", "id": "mc", "name": "roll", "arguments": "{}", "output": "4", "error": None}
    broken = {"type": "mcp_call", "id": "md", "name": "roll", "arguments": "{}", "output": None, "error": "no dice"}
    events, reason = read(PROTOCOL, *map(done, (search, web, mcp, broken)), delta("Yes."), completed())
    assert events == [
        ToolCall("fs", "file_search", ["pipes"]),
        ToolResult("fs", search["results"]),
        Source("policy.pdf", "Covered.", doc_id="f1", score=0.9),
        ToolCall("ws", "web_search", web["action"]),
        Source(url="https://a.org"),
        ToolCall("mc", "roll", {}),
        ToolResult("mc", "4"),
        ToolCall("md", "roll", {}),
        ToolResult("md", None, "no dice"),
        Text("Yes."),
    ]
    assert reason == Reason.STOP


def test_a_refusal():
    whole = {"type": "message", "id": "m1", "content": [{"type": "refusal", "refusal": "No."}]}
    said = {"type": "response.refusal.delta", "item_id": "m1", "delta": "No."}
    assert read(PROTOCOL, said, done(whole), completed(whole))[0] == [Refusal("No.")]
    assert read(PROTOCOL, done(whole), completed(whole))[0] == [Refusal("No.")]


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, Reason.LENGTH),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, Reason.CONTENT_FILTER),
        ({"status": "incomplete"}, Reason.LENGTH),
        ({"status": "completed", "incomplete_details": None}, Reason.STOP),
    ],
)
def test_ends(response, reason):
    assert read(PROTOCOL, delta("Y"), {"type": "response.incomplete", "response": response})[1] == reason


@pytest.mark.parametrize(
    ("value", "fault", "detail"),
    [
        ({"type": "error", "code": "server_error", "message": "boom"}, Fault.BROKEN, "boom"),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "slow"}, Fault.BUSY, "slow"),
        (
            {"type": "response.failed", "response": {"status": "failed", "error": {"code": "x", "message": "boom"}}},
            Fault.BROKEN,
            "boom",
        ),
        ({"type": "response.cancelled", "response": {"status": "cancelled"}}, Fault.BROKEN, "cancelled"),
    ],
)
def test_errors(value, fault, detail):
    assert read(PROTOCOL, delta("Y"), value) == ([Text("Y"), Failed(fault, detail)], Reason.ERROR)


def test_a_whole_body():
    usage = {"input_tokens": 1, "output_tokens": 2}
    body = {"id": "r", "model": "m", "status": "completed", "error": None, "usage": usage}
    body["output"] = [CALL, OUTPUT, message("Yes.")]
    assert read_whole(PROTOCOL, body) == (
        [Started("r", "m"), ToolCall("c1", "look", {"q": 1}), ToolResult("c1", "3 hits"), Text("Yes."), Usage(1, 2, 3)],
        Reason.STOP,
    )
