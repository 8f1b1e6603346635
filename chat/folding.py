"""Events, folded into what a turn's row holds. The same whether they come alive, or from chunks after a crash."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chat.events import (
    Ended,
    Event,
    Failed,
    Reason,
    Reasoning,
    Refusal,
    Source,
    Started,
    Text,
    ToolCall,
    ToolResult,
    TraceId,
    Usage,
    as_json,
)
from chat.models import Turn

State = Turn.State
STATES = {
    Reason.UNMARKED: State.UNMARKED,
    Reason.CUT_OFF: State.CUT_OFF,
    Reason.STOPPED: State.STOPPED,
    Reason.ERROR: State.FAILED,
}  # any other is complete
SEEN = ("state", "text", "reasoning", "refusal", "steps", "sources", "usage", "finish_reason", "failure", "upstream_id",
        "model", "n_events", "first_text_ms", "own_trace_id")  # fmt: skip


class Answer:
    """An answer as far as it came."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.n_events = 0
        self.texts: list[str] = []
        self.reasonings: list[str] = []
        self.refusals: list[str] = []
        self.steps: dict[str, dict[str, Any]] = {}  # by call id, in the order of the calls
        self.sources: list[dict[str, Any]] = []
        self.usage: dict[str, int] = {}
        self.failure: dict[str, Any] = {}
        self.reason: Reason | None = None
        self.started = Started()
        self.trace_id = ""
        self.first_text_ms: int | None = None
        for event in events:
            self.take(event)

    def take(self, event: Event, at_ms: int | None = None) -> None:
        """Add an event; `at_ms` is when it came, in milliseconds since the turn was asked, where that is known."""
        self.n_events += 1
        if type(event) is Text:  # nearly all of them
            if self.first_text_ms is None:
                self.first_text_ms = at_ms
            self.texts.append(event.delta)
        else:
            self._take_other(event, at_ms)

    def _take_other(self, event: Event, at_ms: int | None) -> None:
        match event:
            case Reasoning(delta):
                self.reasonings.append(delta)
            case Refusal(delta):
                self.refusals.append(delta)
            case ToolCall() | ToolResult():
                self._take_step(event, at_ms)
            case Source():
                self.sources.append({key: value for key, value in as_json(event).items() if key != "kind"})
            case Usage():
                self.usage |= {key: value for key, value in as_json(event).items() if key != "kind"}
            case TraceId(trace_id):
                self.trace_id = trace_id
            case Started():
                self.started = Started(event.upstream_id or self.started.upstream_id, event.model or self.started.model)
            case Failed():
                self.failure = as_json(event)
            case Ended(reason):
                self.reason = reason

    def _take_step(self, event: ToolCall | ToolResult, at_ms: int | None) -> None:
        step = self.steps.setdefault(event.call_id, {"call_id": event.call_id, "name": ""})
        step["name"] = event.name or step["name"]
        if isinstance(event, ToolCall):
            step.setdefault("started_ms", at_ms)
            if event.arguments is not None:
                step["arguments"] = event.arguments
        else:
            step |= {"output": event.output, "error": event.error, "ended_ms": at_ms}

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def reasoning(self) -> str:
        return "".join(self.reasonings)

    @property
    def state(self) -> Turn.State:
        """What the turn is once nothing more comes; without an end from the endpoint this server failed it."""
        return State.INTERRUPTED if self.reason is None else STATES.get(self.reason, State.COMPLETE)

    def write_to(self, turn: Turn) -> None:
        """Put it all into the turn's fields, unsaved; `state` stays as it is."""
        turn.text, turn.reasoning, turn.refusal = self.text, self.reasoning, "".join(self.refusals)
        turn.steps, turn.sources, turn.usage = list(self.steps.values()), self.sources, self.usage
        turn.finish_reason = self.reason or ""
        turn.failure = self.failure
        turn.upstream_id, turn.model = self.started.upstream_id[:250], self.started.model[:250]
        turn.own_trace_id = self.trace_id[:250]
        turn.first_text_ms = self.first_text_ms
        turn.n_events = self.n_events
