"""What a span says, in MLflow's vocabulary, whoever recorded it.

One module per instrumentation, each a table of attribute names. A dialect is recognised by the
attributes it alone sends, never by a library's name, asked in the order of `DIALECTS`: those with
names of their own before the conventions that others borrow from. The last one takes everything.
"""

from __future__ import annotations

from typing import Any, Protocol

from traces.dialects import (
    genai,
    google_adk,
    haystack,
    langfuse,
    langsmith,
    logfire,
    mlflow,
    openinference,
    openllmetry,
    plain,
    pydantic_ai,
    vercel,
)
from traces.dialects.spans import SpanLike, SpanReading


class Dialect(Protocol):
    """A module that reads one instrumentation's spans."""

    name: str

    def recognises(self, attributes: dict[str, Any]) -> bool: ...

    def header(self, span: SpanLike) -> SpanReading:
        """Read the cheap facts only: type, model, usage, session, user."""

    def read(self, span: SpanLike) -> SpanReading:
        """Read everything."""


DIALECTS: tuple[Dialect, ...] = (
    mlflow,
    openinference,
    langfuse,
    langsmith,
    openllmetry,
    vercel,
    haystack,
    pydantic_ai,
    logfire,
    google_adk,
    genai,
    plain,
)


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
