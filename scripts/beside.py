"""The processes that run beside the server of `make run`, and never longer than it.

worker   manage.py run_worker: delivers what no request waits for
guide    the demo's application to chat with
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STOPS_WITHIN_S = 3
PR_SET_PDEATHSIG = 1  # linux/prctl.h: a signal to this process when its parent is gone


class Beside:
    """A process that this one stops, and that ends by itself where this one is killed.

    Ctrl+C is not for it: it is in a session of its own. Its standard input ends when this process does.
    """

    prints_to: int | None = None  # where this process prints

    def __init__(self, arguments: list[str], environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | (environment or {}),
            stdin=subprocess.PIPE,
            stdout=self.prints_to,
            text=True,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )

    def stop(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            self.ask_to_stop()
        try:
            self.process.wait(timeout=STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def ask_to_stop(self) -> None:
        self.process.terminate()


def end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start_worker() -> Beside:
    from django.db import connection

    from reviewapp.models import Heartbeat

    worker = Beside(["manage.py", "run_worker"])
    Heartbeat.beat("worker")  # it begins: the last start's silence is over
    connection.close()
    return worker


class Guide(Beside):
    """Stops when its input ends, once it has sent its last spans. It prints its address."""

    prints_to = subprocess.PIPE

    def __init__(self, traces_to: str, headers: dict[str, str]) -> None:
        told = ",".join(f"{name}={urllib.parse.quote(value)}" for name, value in headers.items())
        environment = {"OTEL_EXPORTER_OTLP_TRACES_HEADERS": told, "NO_PROXY": "127.0.0.1,localhost,::1"}
        super().__init__(["-m", "chat.demo.endpoint", "--traces-to", traces_to], environment)

    def introduce(self) -> None:
        """Wait until it listens, and tell the endpoints where."""
        from chat.demo.loading import point_to

        if address := self.process.stdout.readline().strip():
            point_to(address)
        else:
            print("The demo's guide did not start: its endpoints won't answer.", file=sys.stderr)

    def ask_to_stop(self) -> None:
        """Its input has ended: that is enough."""


def start_guide(server: str) -> Guide | None:
    """Start what the demo's endpoints lead to; nothing where they are not here."""
    from django.conf import settings
    from django.db import connection

    from chat.demo.loading import experiment_of_guide

    experiment = experiment_of_guide()
    if experiment is None:
        return None
    headers = {"x-mlflow-experiment-id": str(experiment.pk)}
    if not settings.INGEST_WITHOUT_TOKEN:
        headers["authorization"] = f"Bearer {guides_token()}"
    connection.close()
    return Guide(f"{server}/v1/traces", headers)


def guides_token() -> str:
    """Return a new token for the guide's traces, in the name of the demo's manager; the last start's is void."""
    from accounts.models import ApiToken, User
    from chat.demo.loading import read_plan

    manager = User.objects.get(email=read_plan()["manager"])
    manager.api_tokens.filter(name="Review App guide").delete()
    return ApiToken.objects.issue(user=manager, name="Review App guide")
