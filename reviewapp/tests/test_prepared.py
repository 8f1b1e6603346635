"""What PostgreSQL plans once for a connection: reviewapp/lib/prepared.py"""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from reviewapp.lib.columns import Statement, fetch, run
from reviewapp.lib.prepared import prepared

RENAME = "UPDATE accounts_user SET name = %(name)s WHERE id = %(id)s"
NAMED = "SELECT name FROM accounts_user WHERE id = %(id)s AND name = %(name)s AND name <> '' AND id = %(id)s"
NOBODYS = "UPDATE accounts_user SET name = %(name)s, email = NULL WHERE id = %(id)s"
HOSTILE = "$1 %s %(id)s'); DROP TABLE accounts_user; --"


def prepared_here() -> set[str]:
    """The names of what this connection has prepared."""
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL is told to prepare")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


def test_each_value_is_numbered_once():
    statement = prepared(NAMED)

    assert statement.given == ["id", "name"]
    assert statement.preparation.endswith("WHERE id = $1 AND name = $2 AND name <> '' AND id = $1")
    assert statement.execution == f"EXECUTE {statement.name}(%s, %s)"
    assert prepared("SELECT 1").execution == f"EXECUTE {prepared('SELECT 1').name}"


def test_what_is_prepared_takes_other_values_each_time(alice: User, bob: User):
    for person, name in [(alice, HOSTILE), (bob, "Bob"), (alice, "Alice")]:
        run(Statement(RENAME, {"id": person.pk, "name": name}))
        assert fetch(NAMED, id=person.pk, name=name) == [(name,)]
    assert fetch(NAMED, id=bob.pk, name="Alice") == []


def test_it_is_prepared_once_for_a_connection(alice: User, django_assert_num_queries):
    fetch(NAMED, id=alice.pk, name="")
    assert prepared(NAMED).name in prepared_here()

    with django_assert_num_queries(1):
        assert fetch(NAMED, id=alice.pk, name=alice.name) == [(alice.name,)]


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_prepares_it_anew(alice: User):
    fetch(NAMED, id=alice.pk, name="")
    connection.close()
    connection.connect()
    assert fetch(NAMED, id=alice.pk, name=alice.name) == [(alice.name,)]


def test_what_fails_stays_prepared(alice: User):
    for name in ("one", "another"):
        with pytest.raises(IntegrityError), transaction.atomic():
            run(Statement(RENAME, {"id": alice.pk, "name": name}), Statement(NOBODYS, {"id": alice.pk, "name": name}))
    alice.refresh_from_db()
    assert alice.name == "Alice Weber"
    assert {prepared(RENAME).name, prepared(NOBODYS).name} <= prepared_here()
