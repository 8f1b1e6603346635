"""A trace and its spans out of the database, for whoever reads them as a conversation.

Every item that an expert is given is read once, so this is one statement, written by hand.
"""

from __future__ import annotations

from reviewapp.lib.columns import Columns, fetch, read_row
from traces.models import Span, Trace

TRACE = Columns(Trace, of="t", only=["trace_id", "request_time", "execution_duration_ms"])
SPAN = Columns(
    Span,
    of="s",
    only=[
        "id", "trace", "span_id", "parent_id", "name", "span_type", "start_time_ns", "end_time_ns", "status",
        "status_message", "scope", "attributes", "events", "logs",
    ],
)  # fmt: skip
RECORDED = f"""
    SELECT {TRACE.listed}, {SPAN.listed}
    FROM traces_trace t LEFT JOIN traces_span s ON s.trace_id = t.trace_id
    WHERE t.trace_id = %(trace)s
"""  # noqa: S608 - names of ours


def recorded(trace_id: str) -> tuple[Trace, list[Span]]:
    """Return the trace, with its times only, and its spans. Raises: Trace.DoesNotExist."""
    rows = fetch(RECORDED, trace=trace_id)
    if not rows:
        raise Trace.DoesNotExist
    trace, *_span = read_row(rows[0], TRACE)
    return trace, [SPAN.read(row[len(TRACE) :]) for row in rows if row[len(TRACE)] is not None]
