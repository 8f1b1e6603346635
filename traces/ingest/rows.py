"""Writing many rows fast.

By plain `executemany`: with conflicts `bulk_create` takes several times as long, and traces and
spans are what the server writes most of. The statements are the same on SQLite and PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson
from django.db import connection
from django.db.models import BigIntegerField, CharField, TextField

from traces.ingest.incoming import IncomingSpan
from traces.models import Span, Trace

KEY = ("trace_id", "span_id")
COLUMNS = (
    *KEY, "parent_id", "name", "span_type", "start_time_ns", "end_time_ns", "status", "status_message", "scope",
    "attributes", "events", "links", "logs", "resource",
)  # fmt: skip
TRACE_FIELDS = Trace._meta.concrete_fields


def insert_into(table: str, columns: Iterable[str], on_conflict: str, *, rows: int = 1) -> str:
    names = [*columns]
    places = ", ".join([f"({', '.join(['%s'] * len(names))})"] * rows)
    return f'INSERT INTO "{table}" ({", ".join(names)}) VALUES {places} ON CONFLICT {on_conflict}'  # noqa: S608 - names of ours


UPSERT_SPAN = insert_into(
    Span._meta.db_table,
    COLUMNS,
    f"({', '.join(KEY)}) DO UPDATE SET "
    + ", ".join(f"{each} = excluded.{each}" for each in COLUMNS if each not in KEY),
)


SET_LOGS = f'UPDATE "{Span._meta.db_table}" SET logs = %s WHERE trace_id = %s AND span_id = %s'  # noqa: S608 - names of ours


# Fields whose values the databases take as they are; the others are prepared one by one.
AS_THEY_ARE = frozenset(each for each in TRACE_FIELDS if type(each) in {CharField, TextField, BigIntegerField})


def written(value: Any) -> str:
    """Return JSON, several times as fast as `json`; that one is left with half surrogates."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value)


class SpanRow(NamedTuple):
    trace_id: str
    span_type: str
    span: IncomingSpan


def insert_missing_traces(traces: Sequence[Trace]) -> set[str]:
    """Insert traces in this order and return the ids of those that were not there; others stay as they are."""
    columns = [each.column for each in TRACE_FIELDS]
    insert = insert_into(Trace._meta.db_table, columns, "DO NOTHING RETURNING trace_id", rows=len(traces))
    values = [
        getattr(trace, each.attname)
        if each in AS_THEY_ARE
        else each.get_db_prep_save(getattr(trace, each.attname), connection)
        for trace in traces
        for each in TRACE_FIELDS
    ]
    with connection.cursor() as cursor:
        cursor.execute(insert, values)
        return {trace_id for (trace_id,) in cursor.fetchall()}


def write_spans(spans: Iterable[SpanRow]) -> None:
    """Insert spans; one that is there already is replaced."""
    resources: dict[int, str] = {}  # spans share their resource: written as JSON once
    with connection.cursor() as cursor:
        cursor.executemany(UPSERT_SPAN, [_values(row, resources) for row in spans])


def write_logs(spans: Iterable[Span]) -> None:
    """Write the log records of spans that are there already."""
    with connection.cursor() as cursor:
        cursor.executemany(SET_LOGS, [(written(span.logs), span.trace_id, span.span_id) for span in spans])


def _values(row: SpanRow, resources: dict[int, str]) -> tuple[Any, ...]:
    span = row.span
    resource = resources.get(id(span.resource))
    if resource is None:
        resource = resources[id(span.resource)] = written(span.resource)
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
        written(span.attributes),
        written(span.events) if span.events else "[]",
        written(span.links) if span.links else "[]",
        written(span.logs) if span.logs else None,
        resource,
    )
