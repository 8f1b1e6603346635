"""Servers under measurement: a uvicorn process each, with one worker, as `make run` starts it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN_S = 60


@contextmanager
def serving(application: str, **env: str) -> Iterator[int]:
    """Run an ASGI application, and give the port that it answers at."""
    with serving_process(application, **env) as (port, _pid):
        yield port


@contextmanager
def serving_process(application: str, **env: str) -> Iterator[tuple[int, int]]:
    """The same, and give the process's id too."""
    port = free_port()
    options = ["--port", str(port), "--log-level", "warning", "--lifespan", "off", "--timeout-keep-alive", "60"]
    command = [sys.executable, "-m", "uvicorn", application, *options]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | env)
    try:
        wait_for(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(STARTS_WITHIN_S * 20):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError("the server is not ready")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
