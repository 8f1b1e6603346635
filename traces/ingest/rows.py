"""Writing many rows fast.

By plain `executemany`: with conflicts `bulk_create` takes several times as long, and traces and
spans are what the server writes most of. The statements are the same on SQLite and PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple

import orjson
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import DateTimeField, Field, JSONField

from reviewapp.lib.columns import Columns, among, fetch
from traces.ingest.incoming import IncomingSpan
from traces.models import Span, Trace

KEY = ("trace_id", "span_id")
COLUMNS = (
    *KEY, "parent_id", "name", "span_type", "start_time_ns", "end_time_ns", "status", "status_message", "scope",
    "attributes", "events", "links", "logs", "resource",
)  # fmt: skip
TRACE_FIELDS = Trace._meta.concrete_fields
TRACE = Columns(Trace)


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


def written(value: Any) -> str:
    """Return JSON, several times as fast as `json`; that one is left with half surrogates."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, allow_nan=False)


def writer_of(field: Field[Any, Any]) -> Callable[[Any], Any] | None:
    """Return what makes of a field's value what the database takes; None where that is the value itself."""
    if isinstance(field, JSONField):
        return written_or_null
    if isinstance(field, DateTimeField):
        return connection.ops.adapt_datetimefield_value
    return None


def written_or_null(value: Any) -> str | None:
    return None if value is None else written(value)


class SpanRow(NamedTuple):
    trace_id: str
    span_type: str
    span: IncomingSpan


def insert_missing_traces(traces: Sequence[Trace] | Sequence[SimpleNamespace]) -> set[str]:
    """Insert traces in this order and return the ids of those that were not there; others stay as they are.

    They are instances, or have at least every column as an attribute.
    """
    columns = [each.column for each in TRACE_FIELDS]
    as_written = [(each.attname, writer_of(each)) for each in TRACE_FIELDS]
    insert = insert_into(Trace._meta.db_table, columns, "DO NOTHING RETURNING trace_id", rows=len(traces))
    values = [
        getattr(trace, name) if write is None else write(getattr(trace, name))
        for trace in traces
        for name, write in as_written
    ]
    with connection.cursor() as cursor:
        cursor.execute(insert, values)
        return {trace_id for (trace_id,) in cursor.fetchall()}


def hold_traces(trace_ids: Sequence[str]) -> list[Trace]:
    """Return those of these traces that are there, in the order of their ids; they are held until commit."""
    waits = " FOR UPDATE" if connection.vendor == "postgresql" else ""  # on SQLite whoever writes holds everything
    found = fetch(
        f"SELECT {TRACE.listed} FROM traces_trace WHERE trace_id {among('ids')} ORDER BY trace_id{waits}",  # noqa: S608
        ids=[*trace_ids],
    )
    return [TRACE.read(row) for row in found]


def update_traces(traces: Iterable[Trace], names: Collection[str]) -> None:
    """Write these fields of traces that are held."""
    fields = [each for each in TRACE_FIELDS if each.name in names]
    set_them = ", ".join(f"{each.column} = %s" for each in fields)
    as_written = [(each.attname, writer_of(each)) for each in fields]
    values = [
        (
            *(getattr(trace, name) if write is None else write(getattr(trace, name)) for name, write in as_written),
            trace.pk,
        )
        for trace in traces
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE traces_trace SET {set_them} WHERE trace_id = %s", values)  # noqa: S608


def write_spans(spans: Iterable[SpanRow]) -> None:
    """Insert spans; one that is there already is replaced."""
    resources: dict[int, str] = {}  # spans share their resource: written as JSON once
    values = [_values(row, resources) for row in spans]
    with connection.cursor() as cursor, trusted(cursor):
        cursor.executemany(UPSERT_SPAN, values)


@contextmanager
def trusted(cursor: CursorWrapper) -> Iterator[None]:
    """Keep SQLite from reading all JSON to see that it is JSON: it was written as such a moment ago."""
    if connection.vendor != "sqlite":
        yield
        return
    cursor.execute("PRAGMA ignore_check_constraints = ON")
    try:
        yield
    finally:
        cursor.execute("PRAGMA ignore_check_constraints = OFF")


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
