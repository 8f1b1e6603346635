"""OTLP/HTTP: an ExportTraceServiceRequest as spans, and the answer to its sender."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from traces.ingest.incoming import BadSpan, IncomingSpan

PROTOBUF = "application/x-protobuf"
JSON = "application/json"


class BadBody(ValueError):
    """A body that is not OTLP at all; the message says why. Nothing of it is kept."""


@dataclass(slots=True)
class Batch:
    """What one body holds: spans to store, and why others can't be."""

    spans: list[IncomingSpan] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def take(self, read: Callable[[], IncomingSpan]) -> None:
        """Add one span, or the reason why it can't be read: its neighbours are not to blame."""
        try:
            self.spans.append(read())
        except BadSpan as problem:
            self.problems.append(str(problem))

    @property
    def message(self) -> str:
        """The problems in words, the first few of them."""
        shown = list(dict.fromkeys(self.problems))[:5]
        more = len(self.problems) - len(shown)
        return " ".join(shown) + (f" (and {more} more)" if more > 0 else "")
