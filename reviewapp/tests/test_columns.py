"""Statements written by hand: reviewapp/lib/columns.py"""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from accounts.models import User
from reviewapp.lib.columns import Columns, Statement, among, fetch, read_row, run, run_as_one
from traces.models import Experiment

EXPERIMENT = Columns(
    Experiment,
    only=[
        "name", "description", "tags", "redaction", "deletes_assessed", "deletes_needed", "created_at", "updated_at",
    ],
)  # fmt: skip
FOUND = Columns(Experiment, of="e", only=["name", "tags", "created_at"])
BY_NAME = f"SELECT {FOUND.listed}, 7 FROM traces_experiment e WHERE e.name = %(name)s"
HOSTILE = "100 % sure; isn't it? %(name)s '; DROP TABLE traces_experiment; --"


def named(name: str, **fields) -> Experiment:
    experiment = Experiment(name=name, **fields)
    experiment.updated_at = experiment.created_at
    return experiment


def test_what_is_inserted_is_read_as_it_was(db):
    first, second = named(HOSTILE, tags={"a": [1, HOSTILE]}), named("b")
    run(EXPERIMENT.insertion_of([first, second]))

    found, seven = read_row(fetch(BY_NAME, name=HOSTILE)[0], FOUND)
    assert (found.name, found.tags, found.created_at, seven) == (HOSTILE, first.tags, first.created_at, 7)
    assert Experiment.objects.get(name="b").created_at == second.created_at


def test_what_was_not_asked_for_is_fetched_where_it_is_used(alice, django_assert_num_queries):
    columns = Columns(User, only=["id", "email"])
    (row,) = fetch(f"SELECT {columns.listed} FROM accounts_user WHERE id = %(id)s", id=alice.pk)
    found = columns.read(row)

    assert (found, found.email) == (alice, alice.email)
    with django_assert_num_queries(1):
        assert found.name == alice.name


def test_each_of_several_statements_has_its_own_rows_and_values(db):
    rows = run(
        Statement(BY_NAME, {"name": "Default"}, has_rows=True),
        EXPERIMENT.insertion_of([named("new")]),
        Statement(BY_NAME, {"name": "new"}, has_rows=True),
        Statement(BY_NAME, {"name": "none"}, has_rows=True),
    )
    assert [[row[0] for row in each] for each in rows] == [["Default"], [], ["new"], []]
    assert run() == []


@pytest.mark.parametrize("names", [[], ["b"], ["a", HOSTILE, "none"]])
def test_a_list_is_given_as_one(db, names):
    run(EXPERIMENT.insertion_of([named("a"), named("b"), named(HOSTILE)]))
    found = fetch(f"SELECT name FROM traces_experiment WHERE name {among('names')}", names=names)
    assert {name for (name,) in found} == {*names} - {"none"}


@pytest.mark.django_db(transaction=True)
def test_all_of_them_are_kept_or_none():
    with pytest.raises(IntegrityError):
        run_as_one(EXPERIMENT.insertion_of([named("first")]), EXPERIMENT.insertion_of([named("first")]))
    assert not Experiment.objects.filter(name="first").exists()

    run_as_one(EXPERIMENT.insertion_of([named("first")]), EXPERIMENT.insertion_of([named("second")]))
    assert Experiment.objects.filter(name__in=["first", "second"]).count() == 2
