"""Servers that run, for senders that others wrote.

start_server   start_server(INGEST_LOCK_WAIT_S="1"): a RunningServer on SQLite
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labeling.tests.conftest import new_postgres
from tests.integration.running import RunningServer, copy_database, migrate

__all__ = ["new_postgres"]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    migrate(folder)
    return folder


@pytest.fixture
def start_server(migrated: Path, tmp_path: Path) -> Iterator[Callable[..., RunningServer]]:
    started: list[RunningServer] = []

    def start(**env: str) -> RunningServer:
        copy_database(migrated, tmp_path)
        started.append(RunningServer(tmp_path, **env))
        return started[-1]

    yield start
    for server in started:
        server.stop()
