"""What is in SQLite's log gets to the database while nobody waits for it."""

from __future__ import annotations

import shutil
import sqlite3

import pytest
from django.db import connection

from traces.ingest import checkpoints
from traces.ingest.checkpoints import Checkpoints
from traces.models import Experiment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.about_sqlite]


@pytest.fixture
def in_database(tmp_path):
    """Return a function that says which experiments the database's own file has, without its log."""

    def names() -> set[str]:
        copy = shutil.copy(connection.settings_dict["NAME"], tmp_path / "copy.sqlite3")
        other = sqlite3.connect(copy)
        try:
            return {name for (name,) in other.execute("SELECT name FROM traces_experiment")}
        finally:
            other.close()

    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the tables at least
    return names


@pytest.fixture
def counted():
    """Counters whose thread is done with the database afterwards."""
    counted = Checkpoints()
    yield counted
    counted.thread.submit(lambda: connection.close()).result(timeout=20)
    counted.thread.shutdown()


def test_the_log_is_copied_once_so_much_was_stored(counted, in_database):
    Experiment.objects.create(name="Claims")
    assert counted.stored(checkpoints.EVERY - 1) is None
    assert "Claims" not in in_database()
    counted.stored(1).result(timeout=20)
    assert "Claims" in in_database()
    assert counted.stored(1) is None  # counts anew


def test_a_database_that_can_not_be_read_is_told_and_tried_again(counted, in_database, monkeypatch, caplog):
    name = connection.settings_dict["NAME"]
    Experiment.objects.create(name="Claims")
    counted.thread.submit(lambda: connection.close()).result(timeout=20)
    monkeypatch.setitem(connection.settings_dict, "NAME", f"{name}/nowhere")
    counted.stored(checkpoints.EVERY).result(timeout=20)
    assert "could not be copied" in caplog.text
    monkeypatch.setitem(connection.settings_dict, "NAME", name)
    counted.stored(checkpoints.EVERY).result(timeout=20)
    assert "Claims" in in_database()
