"""What a span says, in MLflow's vocabulary, whoever recorded it.

One module per instrumentation, each a table of attribute names. A dialect is recognised by the
attributes it alone sends, asked in the order of `DIALECTS`; the last one takes everything.
"""

from __future__ import annotations

from typing import Any, Protocol

from traces.dialects import genai, mlflow, openinference, plain
from traces.dialects.spans import SpanLike, SpanReading


class Dialect(Protocol):
    """A module that reads one instrumentation's spans."""

    name: str

    def recognises(self, attributes: dict[str, Any]) -> bool: ...

    def header(self, span: SpanLike) -> SpanReading:
        """Read the cheap facts only: type, model, usage, session, user."""

    def read(self, span: SpanLike) -> SpanReading:
        """Read everything."""


DIALECTS: tuple[Dialect, ...] = (mlflow, openinference, genai, plain)


def dialect_of(attributes: dict[str, Any]) -> Dialect:
    for dialect in DIALECTS[:-1]:
        if dialect.recognises(attributes):
            return dialect
    return DIALECTS[-1]


def read_header(span: SpanLike) -> SpanReading:
    """Return type, model, usage, session and user of a span; its content stays unread."""
    return dialect_of(span.attributes).header(span)


def read_span(span: SpanLike) -> SpanReading:
    """Return everything that a span says."""
    return dialect_of(span.attributes).read(span)
