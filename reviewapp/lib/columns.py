"""Statements written by hand: a model's columns named, given and read as the ORM does it.

For the few that run so often that building them anew takes the ORM longer than the database takes to answer.
They read `%(name)s` for what is given. UUIDs, times and JSON look different in each database; nobody else sees that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.expressions import Col

M = TypeVar("M", bound=models.Model)
Converter = Callable[[Any, Any, Any], Any]


class Columns(Generic[M]):
    """The columns of a model, or those of the fields `only`; `of` is what the statement calls its table."""

    def __init__(self, model: type[M], *, of: str = "", only: Sequence[str] = ()) -> None:
        self.model = model
        self.fields = [model._meta.get_field(name) for name in only] or [*model._meta.concrete_fields]
        self.attributes = [field.attname for field in self.fields]
        self.table = f'"{model._meta.db_table}"'
        prefix = f"{of}." if of else ""
        self.listed = ", ".join(f'{prefix}"{field.column}"' for field in self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    @cached_property
    def converters(self) -> list[tuple[int, Converter, Col]]:
        """By place in a row; most columns need none."""
        columns = [(place, Col(self.table, field)) for place, field in enumerate(self.fields)]
        return [
            (place, converter, column)
            for place, column in columns
            for converter in [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
        ]

    def read(self, row: Sequence[Any]) -> M:
        """Make an instance of the values in `row`; fields that are not among them are fetched where they are used."""
        values = [*row]
        for place, converter, column in self.converters:
            values[place] = converter(values[place], column, connection)
        return self.model.from_db(DEFAULT_DB_ALIAS, self.attributes, values)

    def insert(self, instances: Sequence[M]) -> None:
        """Insert all of them by one statement."""
        if not instances:
            return
        row = f"({', '.join(['%s'] * len(self))})"
        values = [
            field.get_db_prep_save(getattr(instance, field.attname), connection)
            for instance in instances
            for field in self.fields
        ]
        sql = f"INSERT INTO {self.table} ({self.listed}) VALUES {', '.join([row] * len(instances))}"  # noqa: S608 - names of ours
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
        for instance in instances:
            instance._state.adding, instance._state.db = False, DEFAULT_DB_ALIAS


def read_row(row: Sequence[Any], *parts: Columns[Any]) -> list[Any]:
    """Make an instance of each part of a row, then the values that are left."""
    made, place = [], 0
    for part in parts:
        made.append(part.read(row[place : place + len(part)]))
        place += len(part)
    return [*made, *row[place:]]


def fetch(sql: str, **given: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a SELECT, or of a statement with RETURNING."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {name: as_parameter(value) for name, value in given.items()})
        return cursor.fetchall()


def change(sql: str, **given: Any) -> int:
    """Return how many rows the statement changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {name: as_parameter(value) for name, value in given.items()})
        return cursor.rowcount


def as_parameter(value: Any) -> Any:
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value
