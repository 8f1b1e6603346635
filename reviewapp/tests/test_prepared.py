"""What PostgreSQL plans once for a connection: reviewapp/lib/prepared.py"""

from __future__ import annotations

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from accounts.models import User
from reviewapp.lib.columns import Statement, fetch, run
from reviewapp.lib.prepared import HAS, prepared

RENAME = "UPDATE accounts_user SET name = %(name)s WHERE id = %(id)s"
NAMED = "SELECT name FROM accounts_user WHERE id = %(id)s AND name = %(name)s AND name <> '' AND id = %(id)s"
NOBODYS = "UPDATE accounts_user SET name = %(name)s, email = NULL WHERE id = %(id)s"
HOSTILE = "$1 %s %% %(id)s \\'); DROP TABLE accounts_user; --"


def assert_prepared(*statements: str) -> None:
    """Where this is PostgreSQL, the connection has prepared them; nothing else is told to prepare."""
    if connection.vendor != "postgresql":
        assert not HAS
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        assert {prepared(sql).name for sql in statements} <= {name for (name,) in cursor.fetchall()}


def test_each_value_is_numbered_once():
    statement = prepared(NAMED)

    assert statement.given == ["id", "name"]
    assert statement.preparation.endswith("WHERE id = $1 AND name = $2 AND name <> '' AND id = $1")
    assert prepared(NAMED) == statement
    assert prepared("SELECT 1").given == []


def test_what_is_prepared_takes_other_values_each_time(alice: User, bob: User):
    for person, name in [(alice, HOSTILE), (bob, "Bob"), (alice, "Alice")]:
        run(Statement(RENAME, {"id": person.pk, "name": name}))
        assert fetch(NAMED, id=person.pk, name=name) == [(name,)]
    assert fetch(NAMED, id=bob.pk, name="Alice") == []


def test_what_no_text_can_hold_is_refused_as_the_database_refuses_it(alice: User):
    if connection.vendor == "postgresql":
        with pytest.raises(DataError), transaction.atomic():
            fetch(NAMED, id=alice.pk, name="a\x00b")
    assert fetch(NAMED, id=alice.pk, name=None) == []


def test_it_is_prepared_once_for_a_connection(alice: User, django_assert_num_queries):
    fetch(NAMED, id=alice.pk, name="")
    assert_prepared(NAMED)

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
    assert_prepared(RENAME, NOBODYS)
