"""A real `mlflow server`, and a turn whose trace lives there."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, Endpoint, Turn
from mlflow_bridge import outbox
from mlflow_bridge.models import Connection
from traces.models import Assessment, Experiment, Trace

READY_WITHIN_S = 120


class RealServer:
    """`mlflow server` as a process, with a database that outlives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{self.folder / 'mlflow.db'}"]
        command += ["--artifacts-destination", str(self.folder / "artifacts")]
        quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=quiet, start_new_session=True)
        until = time.monotonic() + READY_WITHIN_S
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.1)

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health").is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, 9)
            self.process.wait()

    def log_trace(self, *, trace_id: str = "", session: str = "", at: datetime | None = None) -> str:
        """Write a trace as the SDK does, and return its id."""
        trace_id = trace_id or f"tr-{uuid4().hex}"
        info = {
            "trace_id": trace_id,
            "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}},
            "request_time": (at or timezone.now()).isoformat().replace("+00:00", "Z"),
            "execution_duration": "0.1s",
            "state": "OK",
            "trace_metadata": {"mlflow.trace_schema.version": "3", "mlflow.trace.session": session},
            "tags": {"mlflow.traceName": "answer"},
        }
        answer = httpx.post(f"{self.url}/api/3.0/mlflow/traces", json={"trace": {"trace_info": info}})
        assert answer.is_success, answer.text
        return trace_id

    def assessments(self, trace_id: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.url}/api/3.0/mlflow/traces/{trace_id}", params={"trace_id": trace_id})
        assert answer.is_success, answer.text
        said: list[dict[str, Any]] = answer.json()["trace"]["trace_info"].get("assessments", [])
        return said


@pytest.fixture(scope="session")
def mlflow_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    server = RealServer(tmp_path_factory.mktemp("mlflow"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mlflow_server(mlflow_process: RealServer) -> RealServer:
    if not mlflow_process.answers():  # a test let it die
        mlflow_process.start()
    return mlflow_process


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def endpoint(db) -> Endpoint:
    claims = Experiment.objects.create(name="claims")
    return Endpoint.objects.create(name="Claims assistant", url="http://127.0.0.1:9/v1", experiment=claims)


@pytest.fixture
def connection(endpoint, mlflow_server) -> Connection:
    connection = Connection.objects.create(name="Team server", tracking_uri=mlflow_server.url)
    connection.endpoints.add(endpoint)
    return connection


@pytest.fixture
def turn(endpoint, alice: User) -> Turn:
    conversation = Conversation.objects.create(endpoint=endpoint, user=alice)
    turn_id = uuid4()
    trace = Trace.objects.create(
        trace_id=f"tr-{turn_id.hex}", experiment=endpoint.experiment, state="OK", request_time=timezone.now()
    )
    return Turn.objects.create(
        id=turn_id, conversation=conversation, message="Am I covered?", text="Yes.", state="complete", trace=trace
    )


@pytest.fixture
def say(alice: User) -> Callable[..., Assessment]:
    """Return a function: an assessment of alice's on the turn's record, told to the outbox as writers tell it."""

    def write(turn: Turn, value: Any = True, **fields: Any) -> Assessment:
        given = {"name": "correct", "kind": "feedback", "source_type": "HUMAN", "source_id": alice.email} | fields
        assessment = Assessment.objects.create(trace=turn.trace, value=value, **given)
        outbox.put([assessment.pk])
        return assessment

    return write
