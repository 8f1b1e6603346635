"""A real `mlflow server`, and a turn whose trace lives there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, Endpoint, Turn
from mlflow_bridge import outbox
from mlflow_bridge.models import Connection
from mlflow_bridge.tests.real_server import RealServer
from traces.models import Assessment, Experiment, Trace


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
def own_machine_is_called(settings) -> None:
    settings.ENDPOINT_PRIVATE_ADDRESSES = ["127.0.0.0/8"]


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
def there(mlflow_server) -> str:
    """The id of an experiment on the server that is this test's own."""
    return mlflow_server.new_experiment()


@pytest.fixture
def pulling(db, mlflow_server, there) -> Connection:
    """A connection that takes this experiment over."""
    return Connection.objects.create(
        name="Team server", tracking_uri=mlflow_server.url, pulls=True, experiment_ids=[there]
    )


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
