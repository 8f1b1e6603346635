"""The product as a process of its own: uvicorn on a database and a data folder that nobody else has."""

from __future__ import annotations

import fcntl
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connections

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN_S = 30


class Server:
    """A running server. `url` is its address, `log` what it wrote."""

    def __init__(self, folder: Path, prepared: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.prepared = prepared
        self.database = folder / "reviewapp.sqlite3"
        self.log_file = folder / "server.log"
        self.env = environment(folder, self.url)
        (folder / "static").symlink_to(prepared / "static")
        self.reset()
        self.start()

    def start(self) -> None:
        with self.log_file.open("ab") as log:
            arguments = ["--port", str(self.port), "--log-level", "warning"]
            self.process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", "reviewapp.asgi:application", *arguments],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
            )
        self.wait()

    def wait(self) -> None:
        for _ in range(STARTS_WITHIN_S * 20):
            try:
                urllib.request.urlopen(f"{self.url}/readyz", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                assert self.process.poll() is None, self.log
                time.sleep(0.05)
        raise AssertionError(f"The server did not start:\n{self.log}")

    def reset(self) -> None:
        """Make the database as new, under the server's feet."""
        copy(self.prepared / "reviewapp.sqlite3", self.database)

    def load_demo(self) -> None:
        """Have what `make run` has: people, traces, sessions, chats. Made once, and copied from then on."""
        kept = self.database.with_name("demo.sqlite3")
        if not kept.exists():
            self.manage("load_demo")
            self.manage("load_chat_demo")
            copy(self.database, kept)
        copy(kept, self.database)

    def manage(self, *arguments: str) -> str:
        """Run a management command against this server's database, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def killed(self) -> Iterator[None]:
        """Kill it, as a crash does, and start it again at the end, at the same address and with the same database."""
        self.process.kill()
        self.process.wait(timeout=20)
        try:
            yield
        finally:
            self.start()

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


def copy(source: Path, target: Path) -> None:
    """Copy a database over another that is in use: SQLite's backup is one transaction for all who read."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target, timeout=20)) as other:
        (page_size,) = one.execute("PRAGMA page_size").fetchone()
        other.execute(f"PRAGMA page_size={page_size}")  # of a new file; a backup can't change it beneath a log
        other.execute("PRAGMA journal_mode=WAL")
        one.backup(other)


class OwnDatabase:
    """Within it, this thread's models read and write the server's database."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        self.usual = connections["default"]
        connection = connections.create_connection("default")
        connection.settings_dict = {**connection.settings_dict, "NAME": str(self.path)}
        connections["default"] = connection

    def __exit__(self, *_: object) -> None:
        connections["default"].close()
        connections["default"] = self.usual


def prepare(folder: Path) -> None:
    """Make the migrated database and the collected static files that every server starts from; once for all workers."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "ready").exists():
            return
        for command in (["migrate"], ["collectstatic", "--no-input"]):
            subprocess.run(
                [sys.executable, "manage.py", *command, "--verbosity", "0"],
                cwd=ROOT,
                env=environment(folder, "http://127.0.0.1"),
                check=True,
                timeout=120,
            )
        (folder / "ready").touch()


def environment(folder: Path, url: str) -> dict[str, str]:
    """Return what a server gets: nothing of the developer's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "reviewapp.settings",
        "REVIEWAPP_DATA_DIR": str(folder),
        "SECRET_KEY": settings.SECRET_KEY,  # the test's links and sessions are the server's
        "SITE_URL": url,
        "INGEST_WITHOUT_TOKEN": "1",
        "ENDPOINT_PRIVATE_ADDRESSES": "127.0.0.0/8",  # where the tests' endpoints are
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]
