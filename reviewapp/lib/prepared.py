"""Statements that PostgreSQL plans once for a connection, not each time: prepared there, then executed by name.

psycopg prepares by itself only what it sends one at a time. Written as SQL, several go together in one trip.
A prepared statement lives as long as its session, so a pooler between us and PostgreSQL has to keep sessions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    from psycopg import Connection

GIVEN = re.compile(r"%\((\w+)\)s")


class Prepared(NamedTuple):
    """How a statement is prepared and executed; `given` are the names of its values in order, each once."""

    name: str
    preparation: str
    execution: str
    given: list[str]


@lru_cache(maxsize=500)
def prepared(sql: str) -> Prepared:
    """Return that of a statement with `%(name)s` for each value; its name is the same in every process."""
    given = list(dict.fromkeys(GIVEN.findall(sql)))
    name = f"reviewapp_{blake2b(sql.encode(), digest_size=8).hexdigest()}"
    numbered = GIVEN.sub(lambda found: f"${given.index(found[1]) + 1}", sql)
    values = f"({', '.join(['%s'] * len(given))})" if given else ""
    return Prepared(name, f"PREPARE {name} AS {numbered}", f"EXECUTE {name}{values}", given)


HAS: WeakKeyDictionary[Connection[Any], set[str]] = WeakKeyDictionary()  # the names of what a connection has prepared


def execution_of(sql: str, given: Mapping[str, Any], database: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
    """Return what executes a statement, and its values, for a cursor; prepare it first where the connection has it not.

    Rolling back leaves what is prepared as it is.
    """
    statement = prepared(sql)
    database.ensure_connection()
    names = HAS.setdefault(database.connection, set())
    if statement.name not in names:
        with database.wrap_database_errors:
            database.connection.execute(statement.preparation)
        names.add(statement.name)
    return statement.execution, [given[name] for name in statement.given]
