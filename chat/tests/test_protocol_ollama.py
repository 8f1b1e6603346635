from __future__ import annotations

import pytest

from chat.events import Ended, Failed, Fault, Reason, Reasoning, Started, Text, ToolCall, Usage
from chat.framing import Frame
from chat.models.endpoints import Target
from chat.tests.reading import read, read_whole, request_of
from chat.tests.replaying import hear

PROTOCOL = "ollama"
LAST = {"message": {"content": ""}, "done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4}


def line(**message):
    return {"model": "m", "message": {"role": "assistant", **message}, "done": False}


async def test_lines(replay):
    started, text, usage, ended = await hear(Target(PROTOCOL, replay.url("aimock_ollama_chat")))

    assert started == Started("", "llama3")
    assert text == Text("Hello! | a | b |\n|---|---|\n| 1 | 2 |\n\nÜnïcödé ✓ 你好 🎉 and $x^2$.")
    assert (usage, ended) == (Usage(0, 0, 0), Ended(Reason.STOP))


@pytest.mark.parametrize("url", ["http://h:11434", "http://h:11434/api/", "http://h:11434/api/chat"])
def test_what_is_asked(url):
    request = request_of(PROTOCOL, url, model="m", system_prompt="Be brief.", parameters={"options": {"seed": 1}})

    assert request.url == "http://h:11434/api/chat"
    assert request.body == {
        "model": "m",
        "stream": True,
        "options": {"seed": 1},
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Am I covered?"},
            {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": "And this?", "images": ["aGk="]},
        ],
    }


def test_thinking_in_both_spellings_tool_calls_and_usage():
    events, reason = read(
        PROTOCOL,
        line(content="", thinking="Hm. "),
        line(content="<think>Well.</think>"),
        line(content="", tool_calls=[{"function": {"name": "look", "arguments": {"q": 1}}}]),
        line(content="Yes."),
        LAST,
    )
    assert events == [
        Started("", "m"),
        Reasoning("Hm. Well."),
        ToolCall("call-1", "look"),
        ToolCall("call-1", "look", {"q": 1}),
        Text("Yes."),
        Usage(3, 4, 7),
    ]
    assert reason == Reason.STOP


def test_two_calls_in_two_lines_are_two():
    call = {"function": {"name": "look", "arguments": {}}}
    events, _ = read(PROTOCOL, line(content="", tool_calls=[call]), line(content="", tool_calls=[call]), LAST)
    assert {event.call_id for event in events if isinstance(event, ToolCall)} == {"call-1", "call-2"}


@pytest.mark.parametrize("frame", [Frame("", '{"error": "out of memory"}'), Frame("", "out of memory")])
def test_an_error_is_a_line(frame):
    events, reason = read(PROTOCOL, line(content="Ye"), frame)
    assert events[1:] == [Text("Ye"), Failed(Fault.BROKEN, "out of memory")]
    assert reason == Reason.ERROR


def test_a_whole_body():
    events, reason = read_whole(PROTOCOL, LAST | {"message": {"content": "Yes."}, "done_reason": "length"})
    assert (events, reason) == ([Text("Yes."), Usage(3, 4, 7)], Reason.LENGTH)
