"""Fifty people at once: nothing to more people than needed, nobody twice, nothing lost, no error."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 50
TIMEOUT_S = 120


def run(url: str, *arguments: str) -> str:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "REDIS_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its fifty children too
        process.communicate()
        raise
    assert process.returncode == 0, err
    return out


@pytest.fixture(scope="module")
def migrated_postgres(new_postgres) -> str:
    url = new_postgres()
    run(url, "manage.py", "migrate", "--verbosity=0")
    return url


@pytest.fixture(scope="module")
def migrated_sqlite(tmp_path_factory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('at-once') / 'reviewapp.sqlite3'}"
    run(url, "manage.py", "migrate", "--verbosity=0")
    return url


def label_at_once(url: str, way: str, n_items: int, needs: int | str) -> dict:
    return json.loads(run(url, "-m", "labeling.tests.at_once", way, str(PEOPLE), str(n_items), str(needs)))


def assert_all_went_well(told: dict, n_items: int, reviews_per_item: int) -> None:
    assert told["errors"] == []
    assert told["twice"] == 0
    assert told["by_item"] == [reviews_per_item] * n_items
    assert told["finished"] == told["reviews"] == told["assessments"] == n_items * reviews_per_item
    assert told["done"] == n_items


@pytest.mark.parametrize(
    ("n_items", "needs", "reviews_per_item"),
    [
        pytest.param(120, 1, 1, id="each item once"),
        pytest.param(30, 1, 1, id="fewer items than people"),
        pytest.param(60, 2, 2, id="each item twice"),
        pytest.param(3, "all", PEOPLE, id="each item by everybody"),
    ],
)
def test_fifty_threads_on_postgresql(migrated_postgres, n_items, needs, reviews_per_item):
    told = label_at_once(migrated_postgres, "threads", n_items, needs)
    assert_all_went_well(told, n_items, reviews_per_item)


@pytest.mark.parametrize(
    ("n_items", "needs", "reviews_per_item"),
    [
        pytest.param(60, 1, 1, id="each item once"),
        pytest.param(30, 2, 2, id="each item twice, and fewer than people"),
        pytest.param(1, "all", PEOPLE, id="one item by everybody"),
    ],
)
def test_fifty_processes_on_sqlite(migrated_sqlite, n_items, needs, reviews_per_item):
    told = label_at_once(migrated_sqlite, "processes", n_items, needs)
    assert_all_went_well(told, n_items, reviews_per_item)


def test_managers_change_a_session_while_people_label_it(migrated_postgres):
    told = json.loads(run(migrated_postgres, "-m", "labeling.tests.managing_at_once", "8", "10"))
    assert told["errors"] == []
    assert told["positions_twice"] == 0
