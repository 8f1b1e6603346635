"""Columns that traces have only as expressions, so that an index can hold them and a filter can use it.

Their SQL has no parameters: SQLite takes an index over an expression only where both are written alike.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, BooleanField, CharField, F, Field, FloatField, Func
from django.db.models.sql.compiler import SQLCompiler

Sql = tuple[str, tuple[Any, ...]]
RUN = "mlflow.sourceRun"  # in a trace's metadata
SESSION = "mlflow.trace.session"  # in an assessment's


class DurationOrNone(Func):
    """The duration in ms, -1 where it is unknown: a number that can be sorted by, and gone on from."""

    template = "COALESCE(%(expressions)s, -1)"
    output_field = BigIntegerField()

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*(expressions or [F("execution_duration_ms")]), **extra)


class EndMs(Func):
    """When a trace ended, in ms since 1970; null while it runs."""

    output_field: Field[Any, Any] = FloatField()
    template = "%s"

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*(expressions or [F("request_time"), F("execution_duration_ms")]), **extra)

    def columns(self, compiler: SQLCompiler) -> list[str]:
        return [compiler.compile(each)[0] for each in self.get_source_expressions()]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        start, duration = self.columns(compiler)
        # In one zone it is always the same, as an index wants it.
        ms = f"EXTRACT(EPOCH FROM {start} AT TIME ZONE 'UTC')::float8 * 1000 + {duration}"
        return self.template % f"({ms})", ()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        start, duration = self.columns(compiler)
        ms = f"ROUND((JULIANDAY({start}) - 2440587.5) * 86400000.0) + {duration}"
        return self.template % f"({ms})", ()


class EndOrNone(EndMs):
    """The same, -1 while it runs: a number that can be sorted by, and gone on from."""

    template = "COALESCE(%s, -1.0)"


class IsUnusual(Func):
    """Whether a trace has another state than OK. Nearly all are OK: so the index of the others is short."""

    template = "(%(expressions)s <> 'OK')"
    output_field = BooleanField()

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*(expressions or [F("state")]), **extra)


class OfMetadata(Func):
    """One value of a row's metadata; null where it has none."""

    key = ""
    output_field = CharField()

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*(expressions or [F("metadata")]), **extra)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = compiler.compile(self.get_source_expressions()[0])
        return f"({sql} ->> '{self.key}')", tuple(params)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        sql, params = compiler.compile(self.get_source_expressions()[0])
        return f"JSON_EXTRACT({sql}, '$.\"{self.key}\"')", tuple(params)


class RunId(OfMetadata):
    """The id of the run that a trace belongs to."""

    key = RUN


class SessionAbout(OfMetadata):
    """The id of the session that an assessment is about, where it is not about its trace alone."""

    key = SESSION
