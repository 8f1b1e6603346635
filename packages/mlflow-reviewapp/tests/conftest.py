"""MLflow's SDK with this package installed, and the Review App as a server of its own.

server      the server, one for all tests of a process
in_server   within `in_server()` Django's models read and write the server's database
people      {name: API token}: mallory, a manager; dana, a developer; alice and bob, experts
as_         as_("dana"): the SDK speaks for this person from now on
experiment  an experiment of the test's own, the active one, as mallory
trace_of    trace_of("Is theft covered?"): a logged trace
browser     browser("alice"): an HTTP client that is signed in
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import mlflow
import pytest
from django.conf import settings

from accounts.models import ApiToken, Role, User
from accounts.sign_in_links import sign_in_link
from tests.e2e.server import OwnDatabase, Server, prepare

ROLES = {"mallory": Role.MANAGER, "dana": Role.DEVELOPER, "alice": Role.EXPERT, "bob": Role.EXPERT}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    prepared = tmp_path_factory.getbasetemp() / "prepared"
    prepare(prepared)
    running = Server(tmp_path_factory.mktemp("server"), prepared)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def in_server(server, django_db_blocker) -> Callable[[], AbstractContextManager[None]]:
    @contextmanager
    def entered() -> Iterator[None]:
        with django_db_blocker.unblock(), OwnDatabase(server.database):
            yield

    return entered


@pytest.fixture(scope="session")
def people(in_server) -> dict[str, str]:
    with in_server():
        made = {name: User.objects.create_user(f"{name}@example.org", role=role) for name, role in ROLES.items()}
        return {name: ApiToken.objects.issue(user=user) for name, user in made.items()}


@pytest.fixture
def as_(server, people, monkeypatch) -> Iterator[Callable[[str], None]]:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(server.url)
    yield lambda name: monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", people[name])
    mlflow.set_tracking_uri(before)


@pytest.fixture
def experiment(as_) -> str:
    as_("mallory")
    return str(mlflow.set_experiment(f"claims {uuid.uuid4().hex[:8]}").experiment_id)


@pytest.fixture
def trace_of(experiment) -> Callable[[str], mlflow.entities.Trace]:
    @mlflow.trace(name="answer")
    def answer(question: str) -> str:
        return f"{question} Yes."

    def make(question: str = "Is theft covered?") -> mlflow.entities.Trace:
        answer(question)
        return mlflow.get_trace(mlflow.get_last_active_trace_id())

    return make


@pytest.fixture
def browser(server, people, in_server) -> Iterator[Callable[[str], httpx.Client]]:
    opened: list[httpx.Client] = []

    def of(name: str) -> httpx.Client:
        with in_server():
            link = sign_in_link(User.objects.get(email=f"{name}@example.org"))
        path = link.removeprefix(settings.SITE_URL)
        opened.append(httpx.Client(base_url=server.url, follow_redirects=True, timeout=60))
        opened[-1].get(path).raise_for_status()
        return opened[-1]

    yield of
    for client in opened:
        client.close()
