"""The product as processes of their own, over one database: what sockets, kills and crashes really do."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN_S = 40


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


class World:
    """A database with conversations in it, all with an endpoint at `speaker_port`."""

    def __init__(self, database: str, folder: Path, *, redis: str = "", n_conversations: int = 20) -> None:
        self.database = database
        self.speaker_port = free_port()
        self.env = os.environ | {
            "DATABASE_URL": database,
            "REVIEWAPP_DATA_DIR": str(folder),
            "REDIS_URL": redis,
            "SECRET_KEY": settings.SECRET_KEY,
            "ENDPOINT_PRIVATE_ADDRESSES": "127.0.0.1",
        }
        self.run("manage.py", "migrate", "--verbosity=0")
        url = f"http://127.0.0.1:{self.speaker_port}/v1"
        told = json.loads(self.run("-m", "chat.tests.prepare_talks", url, str(n_conversations)))
        self.session: str = told["session"]
        self.conversations: list[str] = told["conversations"]

    def run(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def execute(self, statement: str, turn_id: UUID) -> list[tuple]:
        """Run SQL with the turn's id for its one `?`."""
        if self.database.startswith("sqlite"):
            with sqlite3.connect(self.database.removeprefix("sqlite:///"), timeout=20) as connection:
                return connection.execute(statement, [turn_id.hex]).fetchall()
        with psycopg.connect(self.database) as connection:
            cursor = connection.execute(statement.replace("?", "%s"), [turn_id])
            return cursor.fetchall() if cursor.description else []

    def turn(self, turn_id: UUID) -> tuple[str, str]:
        """Return its state and its text."""
        return self.execute("SELECT state, text FROM chat_turn WHERE id = ?", turn_id)[0]

    def written(self, turn_id: UUID) -> int:
        """Return the number of the last event that is in a chunk."""
        return self.execute("SELECT COALESCE(MAX(last), 0) FROM chat_turnchunk WHERE turn_id = ?", turn_id)[0][0]

    def grow_old(self, turn_id: UUID) -> None:
        self.execute("UPDATE chat_turn SET heartbeat_at = '2020-01-01 00:00:00+00:00' WHERE id = ?", turn_id)


class Server:
    def __init__(self, world: World, log: Path) -> None:
        self.world = world
        self.port = free_port()
        self.log = log
        command = ["-m", "uvicorn", "reviewapp.asgi:application", "--port", str(self.port), "--log-level", "warning"]
        command += ["--timeout-graceful-shutdown", "5"]
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=world.env, stdout=file, stderr=file
            )
        self.wait()

    def wait(self) -> None:
        for _ in range(STARTS_WITHIN_S * 20):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).close()
                return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(timeout=30)
            finally:
                self.process.kill()  # so that a server which hangs fails this test and no other
                self.process.wait()

    def socket(self, conversation: str, **how: Any) -> connect:
        return connect(
            f"ws://127.0.0.1:{self.port}/ws/chat/{conversation}/",
            additional_headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.world.session}"},
            origin=f"http://127.0.0.1:{self.port}",
            max_size=None,
            **how,
        )


async def says(socket: ClientConnection, op: str, **what: Any) -> None:
    await socket.send(json.dumps({"op": op, **what}, default=str))
