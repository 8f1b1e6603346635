from __future__ import annotations

import pytest

from chat import events


@pytest.mark.parametrize(
    "event",
    [
        events.Started("chatcmpl-1", "m"),
        events.Text("né"),
        events.ToolCall("c1", "look_up", {"policy": 1}),
        events.ToolResult("c1", [], "timed out"),
        events.Source("HO-3", "Water", "https://example.org", "d1", 0.83),
        events.Usage(3, 5, 8),
        events.Failed(events.Fault.BUSY, "slow down", 429, 2.5),
        events.Ended(events.Reason.UNMARKED),
    ],
)
def test_an_event_comes_back_from_json_as_it_was(event):
    assert events.from_json(events.as_json(event)) == event
