"""Several people and programs change the same assessments at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from traces.assessing import AssessingError, delete, override, say, update
from traces.models import Assessment

AT_ONCE = 6

pytestmark = pytest.mark.django_db(transaction=True)


def all_at_once(deeds: list[Callable[[], object]]) -> list[object]:
    """Do all of them, each on a connection of its own; return what each returned, or its AssessingError."""

    def attempt(deed: Callable[[], object]) -> object:
        try:
            return deed()
        except AssessingError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(attempt, deeds))


def test_one_of_many_overrides_wins_and_the_others_hear_of_it(judge):
    old = judge("old")
    done = all_at_once([lambda n=n: override(old, value=f"new {n}") for n in range(AT_ONCE)])

    assert sum(isinstance(each, Assessment) for each in done) == 1
    assert Assessment.objects.valid().count() == 1
    assert Assessment.objects.count() == 2


def test_every_update_is_kept(judge):
    said = judge("first")
    all_at_once([lambda n=n: update(said, value=f"new {n}", metadata={str(n): "x"}) for n in range(AT_ONCE)])

    said.refresh_from_db()
    assert set(said.metadata) == {str(n) for n in range(AT_ONCE)}
    values = [each["value"] for each in said.revisions] + [said.value]
    assert values[0] == "first"
    assert sorted(values[1:]) == [f"new {n}" for n in range(AT_ONCE)]


def test_one_person_in_several_windows_holds_one_thing(claims, dana):
    all_at_once([
        lambda n=n: say(claims, dana, kind="feedback", name="correct", value=n % 2 == 0) for n in range(AT_ONCE)
    ])  # fmt: skip

    assert Assessment.objects.valid().count() == 1
    assert Assessment.objects.filter(overrides=None).count() == 1


def test_overriding_and_deleting_at_once_leaves_one_valid_at_most(judge):
    first = judge("first")
    second = override(first, value="second")
    all_at_once([lambda: delete(second), lambda: override(second, value="third"), lambda: delete(second)])

    valid = list(Assessment.objects.valid())
    assert len(valid) == 1
    assert valid[0].value in {"first", "third"}
    second.refresh_from_db()
    assert second.deleted_at is not None
