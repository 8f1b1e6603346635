"""What all protocols share when they read an answer: JSON, errors, trace ids, usage, sources, the end."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from chat.events import Event, Failed, Fault, Json, Reason, Source, Started, Text, TraceId, Usage
from chat.framing import PLAIN_TEXT, Frame
from chat.models.endpoints import Target
from chat.protocols.decoding import NOT_OF_SHAPE, at, decoded, name_of, number_of
from chat.protocols.failures import failure_in, plain
from chat.protocols.mending import Mender, is_suspicious
from chat.protocols.sources import added_sources
from chat.protocols.tool_calls import ToolCalls

# Where applications say the id of their trace, the surest place first.
TRACE_PATHS = (
    "databricks_output.trace.info.trace_id",
    "databricks_output.trace.info.request_id",
    "metadata.trace_id",
    "trace_id",
    "custom_outputs.trace_id",
)
PINGS = ("ping", "heartbeat", "keepalive", "keep-alive")
REASONS = {
    "stop": Reason.STOP,
    "end_turn": Reason.STOP,
    "stop_sequence": Reason.STOP,
    "eos": Reason.STOP,
    "length": Reason.LENGTH,
    "max_tokens": Reason.LENGTH,
    "max_output_tokens": Reason.LENGTH,
    "model_context_window_exceeded": Reason.LENGTH,
    "tool_calls": Reason.TOOL_CALLS,
    "tool_use": Reason.TOOL_CALLS,
    "function_call": Reason.TOOL_CALLS,
    "content_filter": Reason.CONTENT_FILTER,
    "refusal": Reason.CONTENT_FILTER,
    "safety": Reason.CONTENT_FILTER,
}


class AnswerReader:
    """Reads one answer. A protocol says what an event of its stream (`event`) and a whole body (`whole`) mean.

    `reason` is None until the endpoint says how it ended. After `is_over` nothing more is to be read.
    """

    def __init__(self, target: Target, trace_id_paths: Sequence[str] = ()) -> None:
        self.target = target
        self.reason: Reason | None = None
        self.is_over = False
        self.n_unreadable = 0
        self.first_unreadable = ""
        self.n_pings = 0  # signs of life that are no part of the answer
        self.calls = ToolCalls()
        self.usage: Usage | None = None
        self.has_started = False
        self.has_text = False
        self.part: Hashable = None  # the message that the last text belongs to
        self.sources: set[Source] = set()
        self.mender = Mender()
        self.trace_paths = (*trace_id_paths, *TRACE_PATHS)
        self.telling = {path.removeprefix("$.").partition(".")[0].partition("[")[0] for path in self.trace_paths}
        self.telling |= {"custom_outputs"}
        self.n_own_paths = len(trace_id_paths)
        self.best_trace_path = len(self.trace_paths)

    def event(self, name: str, value: dict[str, Any]) -> list[Event]:
        raise NotImplementedError

    def whole(self, value: dict[str, Any]) -> list[Event]:
        raise NotImplementedError

    def said(self, value: Json) -> list[Event]:
        """Read JSON that is no object: no protocol but one says anything by it."""
        return self.not_read(value)

    def plain_text(self, text: str) -> list[Event]:
        """Read a piece of a body that is neither JSON nor a stream: likewise."""
        return self.not_read(text)

    def not_read(self, what: Json) -> list[Event]:
        """Pass over what has no shape that the protocol has; counted, for an answer that has nothing else."""
        self.n_unreadable += 1
        self.first_unreadable = self.first_unreadable or plain(str(what)[:300])
        return []

    def read(self, frame: Frame) -> list[Event]:
        name, data = frame
        if self.is_over:
            return []
        if data == "[DONE]":
            return self.over(Reason.STOP)
        if name == PLAIN_TEXT:
            return self.plain_text(data)
        if not data:
            return self.over(Reason.STOP) if name in ("end", "done", "complete") else []
        try:
            value = decoded(data)
        except ValueError:
            return self.unreadable(name, data)
        events = self.read_value(name, value)
        if self.mender.half or is_suspicious(data):
            return self.mender.mend(events)
        return events

    def read_value(self, name: str, value: Json) -> list[Event]:
        try:
            if name == "error" or (isinstance(value, dict) and value.get("error")):
                return self.fail(failure_in(value))
            if not isinstance(value, dict):
                return self.said(value)
            kind = value.get("type")
            if kind in PINGS or not value:
                self.n_pings += 1
                return []
            if kind == "error":
                return self.fail(failure_in(value))
            events = self.event(name, value)
            return events if self.telling.isdisjoint(value) else [*events, *self.told(value)]
        except NOT_OF_SHAPE:
            return self.not_read(value)

    def read_whole(self, value: Json) -> list[Event]:
        """Return the events of a body that is JSON and no stream; without any, it wasn't understood."""
        try:
            if isinstance(value, dict) and value.get("error"):
                return self.fail(failure_in(value))
            events = self.whole(value) if isinstance(value, dict) else self.said(value)
            if isinstance(value, dict):
                events = [*events, *self.told(value)]
        except NOT_OF_SHAPE:
            return self.not_read(value)
        if not self.n_unreadable:
            self.reason = self.reason or Reason.STOP
        return self.mender.mend(events)

    def close(self) -> list[Event]:
        """Return what was still open when the stream ended."""
        return self.mender.mend([*self.calls.finish_all(), *([self.usage] if self.usage else [])])

    def ended_cleanly(self) -> None:
        """Note that the stream ended whole, for a protocol where this is the mark of the end."""

    def unreadable(self, name: str, data: str) -> list[Event]:
        """A broken piece of JSON is passed over, and blank; text where JSON should be is an error's message."""
        if not data.strip():
            self.n_pings += 1
            return []
        if name == "error" or data.lstrip()[:1] not in ("{", "[", '"'):
            return self.fail(Failed(Fault.BROKEN, plain(data)))
        return self.not_read(data)

    def over(self, reason: Reason) -> list[Event]:
        self.is_over = True
        self.reason = self.reason or reason
        return []

    def fail(self, failed: Failed) -> list[Event]:
        self.is_over = True
        self.reason = Reason.ERROR
        return [failed]

    def finished(self, reason: Json) -> None:
        """Note the finish reason, whatever it is called; a new word for it is a good end."""
        if isinstance(reason, str) and reason:
            self.reason = REASONS.get(reason.lower(), Reason.STOP)

    def started(self, upstream_id: Json, model: Json = "") -> list[Event]:
        if self.has_started or not (upstream_id or model):
            return []
        self.has_started = True
        return [Started(name_of(upstream_id), name_of(model))]

    def words(self, delta: Json, part: Hashable = None) -> list[Event]:
        """Return text; another part, as the message after a tool's result, begins a paragraph of its own."""
        if not isinstance(delta, str) or not delta:
            return []
        if part != self.part:
            self.part = part
            if self.has_text:
                delta = "\n\n" + delta.lstrip()
        self.has_text = True
        return [Text(delta)]

    def used(self, usage: Json, into: str = "prompt_tokens", out: str = "completion_tokens") -> None:
        """Keep the usage; the last one counts, what it leaves out stays."""
        if not isinstance(usage, dict):
            return
        before = self.usage or Usage()
        n_in = first_number(number_of(usage.get("input_tokens")), number_of(usage.get(into)), before.input_tokens)
        n_out = first_number(number_of(usage.get("output_tokens")), number_of(usage.get(out)), before.output_tokens)
        total = number_of(usage.get("total_tokens"))
        if total is None and n_in is not None and n_out is not None:
            total = n_in + n_out
        if (n_in, n_out, total) != (None, None, None):
            self.usage = Usage(n_in, n_out, total)

    def new_sources(self, sources: Iterable[Source]) -> list[Event]:
        """Return those that did not come before: many protocols say each again at the end."""
        new = [source for source in dict.fromkeys(sources) if source not in self.sources]
        self.sources.update(new)
        return list(new)

    def told(self, value: dict[str, Any]) -> list[Event]:
        """Return what an application adds whatever the protocol: the id of its trace, sources."""
        return [*self.trace_ids(value), *self.new_sources(added_sources(value.get("custom_outputs")))]

    def trust_only_own_paths(self) -> None:
        """From now on the usual places count less than what is known already."""
        self.best_trace_path = self.n_own_paths

    def trace_ids(self, value: dict[str, Any]) -> list[TraceId]:
        """Return a trace id, only if it stands in a surer place than the last one: the last one counts."""
        for rank, path in enumerate(self.trace_paths[: self.best_trace_path]):
            found = at(value, path)
            if isinstance(found, str) and found:
                self.best_trace_path = rank
                return [TraceId(name_of(found), path)]
        return []


def first_number(*numbers: int | None) -> int | None:
    return next((number for number in numbers if number is not None), None)
