"""Statements that PostgreSQL plans once for a connection, not each time: prepared there, then executed by name.

psycopg prepares by itself only what it sends one at a time. Written as SQL, several go together in one trip.
Values are written into it here, each as psycopg writes it: psycopg would look for their places by itself each time.
A prepared statement lives as long as its session, so a pooler between us and PostgreSQL has to keep sessions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    from psycopg import Connection

GIVEN = re.compile(r"%\((\w+)\)s")


class Prepared(NamedTuple):
    """How a statement is prepared under its name; `given` are the names of its values in order, each once."""

    name: str
    preparation: str
    given: list[str]


@lru_cache(maxsize=500)
def prepared(sql: str) -> Prepared:
    """Return that of a statement with `%(name)s` for each value; its name is the same in every process."""
    given = list(dict.fromkeys(GIVEN.findall(sql)))
    name = f"reviewapp_{blake2b(sql.encode(), digest_size=8).hexdigest()}"
    numbered = GIVEN.sub(lambda found: f"${given.index(found[1]) + 1}", sql)
    return Prepared(name, f"PREPARE {name} AS {numbered}", given)


# Values in which there is nothing to escape; psycopg takes ten times as long to come to the same.
WRITTEN: dict[type, Callable[[Any], bytes]] = {
    NoneType: lambda _: b"NULL",
    bool: lambda value: b"true" if value else b"false",
    UUID: lambda value: b"'%b'::uuid" % str(value).encode(),
}
HAS: WeakKeyDictionary[Connection[Any], set[str]] = WeakKeyDictionary()  # the names of what a connection has prepared


def execution_of(statements: Iterable[tuple[str, Mapping[str, Any]]], database: BaseDatabaseWrapper) -> str:
    """Return what executes statements one after the other, each with its values; prepare those that are new here.

    Rolling back leaves what is prepared as it is.
    """
    from psycopg.adapt import Transformer  # is not needed on SQLite

    database.ensure_connection()
    names = HAS.setdefault(database.connection, set())
    executions = []
    with database.wrap_database_errors:
        literal = Transformer(database.connection).as_literal
        for sql, given in statements:
            statement = prepared(sql)
            if statement.name not in names:
                database.connection.execute(statement.preparation)
                names.add(statement.name)
            values = [WRITTEN.get(type(value), literal)(value) for value in (given[name] for name in statement.given)]
            executions.append(f"EXECUTE {statement.name}" + (f"({b', '.join(values).decode()})" if values else ""))
    return ";".join(executions)
