"""Log records and the spans they name: each may come first, and a record may come twice or its span never.

Records are kept with their span. One whose span is not there makes a stand-in of a span, which is
shown as it is, and which the span replaces when it comes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from traces.dialects.recorded import CHOICE, ROLES
from traces.dialects.spans import ONLY_LOGGED, Event
from traces.ingest.incoming import IncomingRecord, IncomingSpan
from traces.models import Span

STAND_IN_NAME = "log records"
MOST_RECORDS = 2_000  # of one span; a model call has a few dozen at most
CONTENT = frozenset({"gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions"})


def stand_ins(records: Sequence[IncomingRecord]) -> list[IncomingSpan]:
    """Return a span for each that the records name, with what they tell of it."""
    spans: dict[tuple[str, str], IncomingSpan] = {}
    events: dict[int, list[Event]] = {}
    for record in records:
        span = spans.get((record.trace_id, record.span_id))
        if span is None:
            span = spans[record.trace_id, record.span_id] = IncomingSpan(
                record.trace_id,
                record.span_id,
                record.time_unix_nano,
                name=STAND_IN_NAME,
                scope=record.scope,
                attributes={ONLY_LOGGED: True},
                resource=record.resource,
                is_stand_in=True,
            )
        span.start_time_ns = min(span.start_time_ns, record.time_unix_nano)
        span.attributes |= _facts(record)
        events.setdefault(id(span), []).append(record.as_event())
    for span in spans.values():
        span.logs = join_records(None, events[id(span)])
    return [*spans.values()]


def stands_in(span: Span) -> bool:
    """Whether only log records came of it so far."""
    return ONLY_LOGGED in span.attributes


def add_facts(span: IncomingSpan, before: Span) -> None:
    """Add to a stand-in what earlier records told of the same span."""
    span.attributes = {**before.attributes, **span.attributes}
    span.start_time_ns = min(span.start_time_ns, before.start_time_ns)


def _facts(record: IncomingRecord) -> dict[str, Any]:
    """Return what a record says of its span beside the conversation: operation, model, tokens."""
    is_chat = record.name in {*ROLES, CHOICE}
    told = {"gen_ai.operation.name": "chat"} if is_chat else {}
    return told | {
        key: value for key, value in record.attributes.items() if key.startswith("gen_ai.") and key not in CONTENT
    }


def join_records(before: list[Event] | None, new: list[Event] | None) -> list[Event] | None:
    """Return all records in order of time, each once; None when there is none."""
    if not before and not new:
        return None
    unique = {json.dumps(record, sort_keys=True): record for record in [*(before or []), *(new or [])]}
    return sorted(unique.values(), key=lambda record: int(record.get("time_unix_nano") or 0))


def cut_records(span: IncomingSpan | Span) -> int:
    """Leave a span no more records than it may have; return how many were left out."""
    records = span.logs or []
    span.logs = records[:MOST_RECORDS] or None
    return max(0, len(records) - MOST_RECORDS)
