"""What holds for every protocol, whatever comes."""

from __future__ import annotations

import copy
import json
import random

import pytest

from chat.events import Ended, Failed, Fault, Reasoning, Refusal, Source, Started, Text, ToolCall, ToolResult, as_json
from chat.framing import Frame, JsonLines, ServerSentEvents
from chat.models import Endpoint
from chat.models.endpoints import Target
from chat.protocols import PROTOCOLS
from chat.protocols.decoding import decoded
from chat.tests.replaying import STREAMS

FRAMINGS = {".sse": ServerSentEvents, ".ndjson": JsonLines}
ODD = [None, 5, -1, 1.5, True, "x", "", [], {}, [{}], [[]], {"a": 1}, ["x"], [None], 10**30]
TEXTS = {
    Text: ["delta"],
    Reasoning: ["delta"],
    Refusal: ["delta"],
    Started: ["upstream_id", "model"],
    ToolCall: ["call_id", "name"],
    ToolResult: ["call_id", "name", "error"],
    Source: ["title", "text", "url", "doc_id"],
    Failed: ["detail"],
}


def test_every_protocol_is_spoken():
    assert PROTOCOLS.keys() == set(Endpoint.Protocol.values)


def recorded() -> list[list[Frame]]:
    streams = []
    for path in sorted(STREAMS.glob("*.*")):
        if path.suffix in FRAMINGS:
            framing = FRAMINGS[path.suffix]()
            streams.append([*framing.feed(path.read_bytes()), *framing.close()])
    return streams


def places(value, path=()):
    """Return the path of every value within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, each in inner for found in places(each, (*path, key)))]


def spoiled(value, luck):
    path = luck.choice(places(value))
    if not path:
        return luck.choice(ODD)
    spoilt = copy.deepcopy(value)
    place = spoilt
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = luck.choice(ODD)
    return spoilt


def assert_sound(event):
    for name in TEXTS.get(type(event), ()):
        assert isinstance(getattr(event, name), str), event
    json.dumps(as_json(event), allow_nan=False).encode()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_values_of_a_wrong_shape_break_nothing(protocol):
    luck = random.Random(protocol)
    for frames in recorded():
        for _ in range(12):
            reader = PROTOCOLS[protocol].reader(Target(protocol, ""))
            for frame in frames:
                data = frame.data
                if luck.random() < 0.3 and data.startswith("{"):
                    data = json.dumps(spoiled(json.loads(data), luck))
                for event in reader.read(Frame(frame.event, data)):
                    assert_sound(event)
            for event in reader.close():
                assert_sound(event)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_whole_bodies_of_a_wrong_shape_break_nothing(protocol):
    luck = random.Random(protocol)
    for path in sorted(STREAMS.glob("*.json")):
        for _ in range(60):
            reader = PROTOCOLS[protocol].reader(Target(protocol, ""))
            for event in [*reader.read_whole(spoiled(json.loads(path.read_bytes()), luck)), *reader.close()]:
                assert_sound(event)


@pytest.mark.parametrize("protocol", sorted(set(PROTOCOLS) - {"json"}))
def test_the_stream_of_another_protocol_is_not_taken_for_an_empty_answer(protocol):
    foreign = {"event": "message", "answer": "Yes.", "kind": "x"}
    reader = PROTOCOLS[protocol].reader(Target(protocol, ""))
    assert [*reader.read(Frame("", json.dumps(foreign))), *reader.close()] == []
    assert reader.n_unreadable == 1
    assert "answer" in reader.first_unreadable


@pytest.mark.parametrize("data", ["[" * 500 + "]" * 500, '{"a":' * 101 + "1" + "}" * 101, "[" * 10**6])
def test_json_that_is_nested_too_deeply_is_refused(data):
    with pytest.raises(ValueError, match="."):
        decoded(data)


def test_json_that_is_wide_is_not_deep():
    assert len(decoded(json.dumps([[{}]] * 1000))) == 1000


def test_numbers_that_no_database_takes_are_none():
    assert decoded("[NaN, Infinity, -1e999, 1.5, 2]") == [None, None, None, 1.5, 2]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_characters_that_no_database_takes_do_not_come_through(protocol):
    bad = '{"type":"error","error":{"message":"a\\u0000b\\ud83cc"}}'
    reader = PROTOCOLS[protocol].reader(Target(protocol, ""))
    (failed,) = reader.read(Frame("", bad))
    assert failed == Failed(Fault.BROKEN, "ab\ufffdc")
    assert isinstance(failed.fault, Fault)


def test_what_was_not_understood_can_be_kept():
    reader = PROTOCOLS["openai-chat"].reader(Target("openai-chat", ""))
    reader.read(Frame("", '"\\ud83c\\u0000"'))
    assert reader.first_unreadable == "\ufffd"


def test_ended_is_left_to_who_hears_the_whole():
    for frames in recorded():
        reader = PROTOCOLS["openai-chat"].reader(Target("openai-chat", ""))
        assert not any(isinstance(event, Ended) for frame in frames for event in reader.read(frame))
