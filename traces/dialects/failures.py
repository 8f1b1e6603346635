"""Why a span failed, in words."""

from __future__ import annotations

from traces.dialects.spans import SpanLike, events_of


def error_of(span: SpanLike) -> str:
    """Return the exception's message, else the status message; empty when the span went well.

    Instrumentations put whole stack traces into the status message, so the exception event,
    where there is one, comes first.
    """
    if span.status != "ERROR":
        return ""
    for event in reversed(events_of(span)):
        attributes = event.get("attributes") or {}
        if event.get("name") == "exception" and attributes.get("exception.message"):
            kind = str(attributes.get("exception.type") or "").rsplit(".", 1)[-1]
            message = str(attributes["exception.message"])
            return f"{kind}: {message}" if kind else message
    return span.status_message or str(span.attributes.get("error.type") or "") or "Failed without a message."
