"""The product as a process that can be killed and started again, on a database that nobody else has."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.e2e.server import ROOT, free_port

STARTS_WITHIN_S = 60


class RunningServer:
    """A server at `url`; `database_url` is empty for SQLite in `folder`."""

    def __init__(self, folder: Path, database_url: str = "", **env: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "reviewapp.sqlite3"
        self.database_url = database_url
        self.log_file = folder / "server.log"
        self.env = environment(folder, database_url) | env
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "reviewapp.asgi:application", "--port", str(self.port)]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--lifespan", "off"], cwd=ROOT, env=self.env, stdout=log, stderr=log
            )
        for _ in range(STARTS_WITHIN_S * 20):
            try:
                urllib.request.urlopen(f"{self.url}/readyz", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                assert self.process.poll() is None, self.log
                time.sleep(0.05)
        raise AssertionError(f"The server did not start:\n{self.log}")

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def wait_for_line(self, words: str) -> None:
        for _ in range(STARTS_WITHIN_S * 20):
            if words in self.log:
                return
            time.sleep(0.05)
        raise AssertionError(f"{words} is not in the log:\n{self.log}")

    def kill(self) -> None:
        """End it as a machine that has no memory left does: nothing is written, nobody is asked."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=20)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)

    def stored(self) -> list[str]:
        """Return the ids of all spans, each as often as it is stored."""
        return [row[0] for row in self.query("SELECT span_id FROM traces_span")]

    def query(self, statement: str) -> list[Any]:
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(statement).fetchall()  # type: ignore[arg-type]  # a literal of a test's
        connection = sqlite3.connect(self.database, timeout=20)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    @contextmanager
    def behind(self) -> Any:
        """Keep the database from storing anything, as somebody else's long transaction does."""
        assert not self.database_url
        other = sqlite3.connect(self.database, timeout=20, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()


def environment(folder: Path, database_url: str = "") -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    own = {"REVIEWAPP_DATA_DIR": str(folder), "INGEST_WITHOUT_TOKEN": "1", "SECRET_KEY": "x" * 60}
    return kept | own | ({"DATABASE_URL": database_url} if database_url else {})


def migrate(folder: Path, database_url: str = "") -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT, env=environment(folder, database_url), check=True, timeout=180,
    )  # fmt: skip


def copy_database(prepared: Path, folder: Path) -> None:
    shutil.copy(prepared / "reviewapp.sqlite3", folder / "reviewapp.sqlite3")
