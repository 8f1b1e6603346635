"""What a request of OTLP holds: spans or log records to store, and why others can't be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from traces.ingest.incoming import BadSpan, IncomingRecord, IncomingSpan

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
EVENT_NAME = "event.name"  # attribute in which older SDKs name the event of a log record


class BadBody(ValueError):
    """A body that is not OTLP at all; the message says why. Nothing of it is kept."""


@dataclass(slots=True)
class Refusals:
    """Why some of what a body holds can't be kept."""

    problems: list[str] = field(default_factory=list)

    @property
    def message(self) -> str:
        """The problems in words, the first few of them."""
        shown = list(dict.fromkeys(self.problems))[:5]
        more = len(self.problems) - len(shown)
        return " ".join(shown) + (f" (and {more} more)" if more > 0 else "")


@dataclass(slots=True)
class Batch(Refusals):
    """The spans of one body."""

    spans: list[IncomingSpan] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        """Whether nothing of it can be kept."""
        return bool(self.problems) and not self.spans

    def take(self, read: Callable[[], IncomingSpan]) -> None:
        """Add one span, or the reason why it can't be read: its neighbours are not to blame."""
        try:
            self.spans.append(read())
        except BadSpan as problem:
            self.problems.append(str(problem))


@dataclass(slots=True)
class LogBatch(Refusals):
    """The log records of one body that tell something of a span; `passed_over` counts ordinary log lines."""

    records: list[IncomingRecord] = field(default_factory=list)
    passed_over: int = 0

    @property
    def is_refused(self) -> bool:
        """Whether nothing of it can be kept."""
        return bool(self.problems) and not self.records and not self.passed_over

    def take(self, name: str, attributes: dict[str, Any], read: Callable[[], IncomingRecord]) -> None:
        """Add one record if it is an event or speaks of a model; a line of a log file is passed over."""
        if not name and not any(key.startswith("gen_ai.") for key in attributes):
            self.passed_over += 1
            return
        try:
            self.records.append(read())
        except BadSpan as problem:
            self.problems.append(str(problem))

    @property
    def message(self) -> str:
        said = super(LogBatch, self).message
        if self.passed_over:
            said = f"{said} {self.passed_over} log records are no events of a span, and were not kept.".strip()
        return said
