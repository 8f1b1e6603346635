"""The product as a real server in a thread, and the official client that talks to it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import mlflow
import pytest
import uvicorn
from mlflow import MlflowClient

from accounts.models import ApiToken, Role, User
from reviewapp.handler import OneHopHandler
from traces.models import Experiment


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The client warns of its own code; as errors its warnings would switch its tracing off."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:::mlflow"))


@pytest.fixture
def server(transactional_db) -> Iterator[str]:
    """The address of a server that works on the test's database."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(OneHopHandler(), log_level="warning", lifespan="off")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, args=([listening],))
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    running.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def default_experiment(transactional_db) -> Experiment:
    """MLflow's Default, which other tests' flush takes away."""
    return Experiment.objects.get_or_create(pk=0, defaults={"name": "Default"})[0]


@pytest.fixture
def token_of() -> Callable[[User], str]:
    return lambda user: ApiToken.objects.issue(user=user, name="test")


@pytest.fixture
def async_logging() -> str:
    """Whether the client sends traces from threads of its own, as by default: those take three seconds to end."""
    return "false"


@pytest.fixture
def sdk(server, default_experiment, transactional_db, token_of, monkeypatch, async_logging) -> Iterator[MlflowClient]:
    """MLflow's client, for dana the developer; the fluent API talks to the same server."""
    dana = User.objects.create_user("dana@example.org", name="Dana Roth", role=Role.DEVELOPER)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token_of(dana))
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ASYNC_TRACE_LOGGING_MAX_INTERVAL_MILLIS", "20")
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", async_logging)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(server)
    mlflow.tracing.enable()
    yield MlflowClient(server)
    mlflow.flush_trace_async_logging()
    mlflow.set_tracking_uri(before)


@pytest.fixture
def experiment(sdk) -> str:
    """The id of the experiment that the fluent API uses."""
    return str(mlflow.set_experiment("claims").experiment_id)


@pytest.fixture
def ask(server, token_of) -> Callable[..., httpx.Response]:
    """Return a function: a plain request of a person's program, such as `ask(alice, "GET", "api/…")`."""

    def send(user: User | None, method: str, path: str, **how: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token_of(user)}"} if user else {}
        return httpx.request(method, f"{server}/{path}", headers=headers, **how)

    return send


@pytest.fixture
def dana_client(ask, sdk) -> Callable[..., httpx.Response]:
    """Return a function: a plain request of dana's, beside her client."""
    dana = User.objects.get(email="dana@example.org")
    return lambda method, path, **how: ask(dana, method, path, **how)
