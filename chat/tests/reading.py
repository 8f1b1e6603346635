"""Read values as a protocol's stream or body would bring them, without a server."""

from __future__ import annotations

import json
from typing import Any

from chat.events import Event, Reason
from chat.framing import Frame
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage
from chat.protocols import PROTOCOLS
from chat.protocols.asking import Request
from chat.tests.replaying import together

PNG = "data:image/png;base64,aGk="
TALK = [
    PromptMessage("user", "Am I covered?"),
    PromptMessage("assistant", "Yes."),
    PromptMessage("user", "And this?", images=(PNG,)),
]


def request_of(protocol: str, url: str = "https://app.example.org", **more: Any) -> Request:
    prompt = Prompt(TALK, "conv-1", "turn-1", "u1", traceparent=more.pop("traceparent", ""))
    return PROTOCOLS[protocol].request(Target(protocol, url, **more), prompt)


def read(protocol: str, *values: Any, **more: Any) -> tuple[list[Event], Reason | None]:
    """Return the events of a stream of values (or of frames as they are), and how it ended."""
    reader = PROTOCOLS[protocol].reader(Target(protocol, "", **more))
    frames = [value if isinstance(value, Frame) else Frame("", json.dumps(value)) for value in values]
    events = [event for frame in frames for event in reader.read(frame)]
    reader.ended_cleanly()
    return together([*events, *reader.close()]), reader.reason


def read_whole(protocol: str, value: Any, **more: Any) -> tuple[list[Event], Reason | None]:
    reader = PROTOCOLS[protocol].reader(Target(protocol, "", **more))
    events = reader.read_whole(value)
    return together([*events, *reader.close()]), reader.reason


DONE = Frame("", "[DONE]")
