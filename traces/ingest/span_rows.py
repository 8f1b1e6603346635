"""Writing spans as rows.

By plain `executemany`: `bulk_create` with conflicts takes three times as long, and spans are
what the server writes most of. The statement is the same on SQLite and PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection

from traces.ingest.incoming import IncomingSpan
from traces.models import Span

COLUMNS = (
    "trace_id", "span_id", "parent_id", "name", "span_type", "start_time_ns", "end_time_ns", "status",
    "status_message", "scope", "attributes", "events", "links", "resource",
)  # fmt: skip
KEY = ("trace_id", "span_id")
UPSERT = (
    f'INSERT INTO "{Span._meta.db_table}" ({", ".join(COLUMNS)}) VALUES ({", ".join(["%s"] * len(COLUMNS))})'  # noqa: S608 - names of ours
    f" ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET "
    + ", ".join(f"{column} = excluded.{column}" for column in COLUMNS if column not in KEY)
)


class SpanRow(NamedTuple):
    trace_id: str
    span_type: str
    span: IncomingSpan


def write_rows(rows: Iterable[SpanRow]) -> None:
    """Insert spans; one that is there already is replaced."""
    resources: dict[int, str] = {}  # spans share their resource: written as JSON once
    with connection.cursor() as cursor:
        cursor.executemany(UPSERT, [_values(row, resources) for row in rows])


def _values(row: SpanRow, resources: dict[int, str]) -> tuple[Any, ...]:
    span = row.span
    resource = resources.get(id(span.resource))
    if resource is None:
        resource = resources[id(span.resource)] = json.dumps(span.resource)
    return (
        row.trace_id,
        span.span_id,
        span.parent_id,
        span.name,
        row.span_type[:100],
        span.start_time_ns,
        span.end_time_ns,
        span.status,
        span.status_message,
        span.scope[:250],
        json.dumps(span.attributes),
        json.dumps(span.events) if span.events else "[]",
        json.dumps(span.links) if span.links else "[]",
        resource,
    )
