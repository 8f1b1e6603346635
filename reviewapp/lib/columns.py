"""Statements written by hand: a model's columns named, given and read as the ORM does it.

For the few that run so often that building them anew takes the ORM longer than the database takes to answer.
They read `%(name)s` for what is given, and `among("name")` for a list of it. UUIDs, times, lists and JSON look
different in each database; nobody else sees that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState
from django.db.models.expressions import Col

from reviewapp.lib.prepared import execution_of

M = TypeVar("M", bound=models.Model)
Converter = Callable[[Any, Any, Any], Any]
Rows = list[tuple[Any, ...]]
EMPTY: dict[str, Callable[[], Any]] = {"[]": list, "{}": dict, "null": lambda: None}
AS_IT_IS = (models.BooleanField, models.CharField, models.ForeignKey, models.IntegerField, models.TextField)


class Statement(NamedTuple):
    """SQL, what is given for each `%(name)s` in it, and whether rows come back."""

    sql: str
    given: dict[str, Any]
    has_rows: bool = False


class Columns(Generic[M]):
    """The columns of a model, or those of the fields `only`; `of` is what the statement calls its table."""

    def __init__(self, model: type[M], *, of: str = "", only: Sequence[str] = ()) -> None:
        self.model = model
        fields = {field.name: field for field in model._meta.concrete_fields}
        self.fields = [fields[name] for name in only or fields]
        self.attributes = [field.attname for field in self.fields]
        self.table = f'"{model._meta.db_table}"'
        prefix = f"{of}." if of else ""
        self.listed = ", ".join(f'{prefix}"{field.column}"' for field in self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    @cached_property
    def prepares(self) -> list[tuple[str, str, models.Field[Any, Any] | None]]:
        """Return column and attribute of each field, and the field where the database takes another value."""
        return [(each.column, each.attname, None if isinstance(each, AS_IT_IS) else each) for each in self.fields]

    @cached_property
    def converters(self) -> list[tuple[int, Converter, Col]]:
        """By place in a row; most columns need none."""
        columns = [(place, field.get_col(self.table)) for place, field in enumerate(self.fields)]
        return [
            (place, read_json if isinstance(converter.__self__, models.JSONField) else converter, column)
            for place, column in columns
            for converter in [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
        ]

    def read(self, row: Sequence[Any]) -> M:
        """Make an instance of the values in `row`; fields that are not among them are fetched where they are used.

        As `Model.from_db`, but at a fifth of its time: no model here does anything of its own when it is made.
        """
        values = [*row]
        for place, converter, column in self.converters:
            if values[place] is not None:
                values[place] = converter(values[place], column, connection)
        instance = self.model.__new__(self.model)
        instance.__dict__.update(zip(self.attributes, values, strict=True))
        instance._state = ModelState()
        mark_stored(instance)
        return instance

    def given_by(self, instance: M) -> dict[str, Any]:
        """Return what an instance has for each column, as the database takes it."""
        database = connections[DEFAULT_DB_ALIAS]  # looked up once: `connection` does it at each touch
        values = instance.__dict__
        return {
            column: values[attribute] if field is None else field.get_db_prep_save(values[attribute], database)
            for column, attribute, field in self.prepares
        }

    def insertion_of(self, instances: Sequence[M]) -> Statement:
        """Return the statement that inserts all of them; there has to be one."""
        given: dict[str, Any] = {}
        rows = []
        for n, instance in enumerate(instances):
            values = {f"{column}_{n}": value for column, value in self.given_by(instance).items()}
            given |= values
            rows.append(f"({', '.join(f'%({name})s' for name in values)})")
        sql = f"INSERT INTO {self.table} ({self.listed}) VALUES {', '.join(rows)}"  # noqa: S608 - names of ours
        return Statement(sql, given)


def read_row(row: Sequence[Any], *parts: Columns[Any]) -> list[Any]:
    """Make an instance of each part of a row, then the values that are left."""
    made, place = [], 0
    for part in parts:
        made.append(part.read(row[place : place + len(part)]))
        place += len(part)
    return [*made, *row[place:]]


def run(*statements: Statement) -> list[Rows]:
    """Run statements one after the other, and return the rows of each: of a SELECT, and of one with RETURNING.

    PostgreSQL gets all of them at once: the way there and back takes longer than most of them.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql" and statements:
        sql = execution_of([(each.sql, each.given) for each in statements], database)
        return execute(database, sql, None, [each.has_rows for each in statements])
    results: list[Rows] = []
    for each in statements:
        given = {name: as_parameter(value, database) for name, value in each.given.items()}
        results += execute(database, each.sql, given, [each.has_rows])
    return results


def run_as_one(*statements: Statement) -> list[Rows]:
    """As `run`, but all of them or none."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        return run(*statements)  # what comes together is one transaction
    with transaction.atomic():
        return run(*statements)


def fetch(sql: str, **given: Any) -> Rows:
    """Run one statement, and return its rows."""
    (rows,) = run(Statement(sql, given, has_rows=True))
    return rows


def execute(
    database: BaseDatabaseWrapper, sql: str, given: dict[str, Any] | None, have_rows: Sequence[bool]
) -> list[Rows]:
    """Run one or several statements at once; `have_rows` says of each whether rows come back."""
    results: list[Rows] = []
    with database.cursor() as cursor:
        cursor.execute(sql, given)
        for has_rows in have_rows:
            if has_rows and results:
                cursor.set_result(len(results))
            results.append(cursor.fetchall() if has_rows else [])
    return results


def among(name: str) -> str:
    """Return what stands behind a column that is to be one of a given list, whatever its length."""
    is_sqlite = connection.vendor == "sqlite"
    given = f"%({name})s"
    return f"IN (SELECT value FROM json_each({given}))" if is_sqlite else f"= ANY({given})"  # noqa: S608


def read_json(value: str, _column: Col, _connection: BaseDatabaseWrapper) -> Any:
    """As JSONField does; most of a span's columns are empty, and then there is nothing to parse."""
    return EMPTY[value]() if value in EMPTY else json.loads(value)


def relate(instance: models.Model, **related: models.Model) -> None:
    """Give an instance those its foreign keys point to already: setting an attribute would compare and copy keys."""
    instance._state.fields_cache.update(related)


def mark_stored(instance: models.Model) -> None:
    """Say of an instance that its row is there, as `save` does."""
    instance._state.adding, instance._state.db = False, DEFAULT_DB_ALIAS


def as_parameter(value: Any, database: BaseDatabaseWrapper) -> Any:
    if isinstance(value, UUID):
        return value if database.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return database.ops.adapt_datetimefield_value(value)
    if isinstance(value, list):
        listed = [as_parameter(each, database) for each in value]
        return json.dumps(listed) if database.vendor == "sqlite" else listed
    return value
