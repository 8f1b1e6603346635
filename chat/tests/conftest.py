"""An endpoint that alice may chat with, her conversation with it, and a finished turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, Endpoint, Turn
from chat.tests.replaying import Replay, replaying
from traces.models import Experiment


@pytest.fixture
def claims(db) -> Experiment:
    return Experiment.objects.create(name="claims")


@pytest.fixture
def endpoint(claims, alice, mallory) -> Endpoint:
    endpoint = Endpoint(
        name="Claims assistant",
        version="v2.3",
        protocol="openai-chat",
        url="http://127.0.0.1:9/v1",
        model="claims-1",
        experiment=claims,
        created_by=mallory,
    )
    endpoint.set_secret("sk-very-secret")
    endpoint.save()
    endpoint.people.add(alice)
    return endpoint


@pytest.fixture
def conversation(endpoint, alice) -> Conversation:
    return Conversation.objects.create(endpoint=endpoint, user=alice, title="Burst pipe while away")


@pytest.fixture
def make_turn(conversation) -> Callable[..., Turn]:
    """Return a function: a turn at the end of the conversation, answered unless told otherwise."""

    def make(message: str = "Am I covered?", text: str = "Yes, you **are**.", **fields: Any) -> Turn:
        talk: Conversation = fields.pop("conversation", conversation)
        given = {
            "parent": talk.leaf,
            "state": Turn.State.COMPLETE,
            "finish_reason": "stop",
            "ended_at": timezone.now(),
        } | fields
        turn = Turn.objects.create(conversation=talk, message=message, text=text, **given)
        talk.leaf = turn
        talk.save(update_fields=["leaf"])
        return turn

    return make


@pytest.fixture
def stranger(charlie) -> User:
    """Signed in, an expert, and not let to the endpoint."""
    return charlie


@pytest.fixture(scope="session")
def replay_server() -> Iterator[Replay]:
    with replaying() as replay:
        yield replay


@pytest.fixture
def replay(replay_server) -> Replay:
    """A server that answers /<name>/… with chat/tests/streams/<name>, and keeps what it was asked."""
    replay_server.asked.clear()
    replay_server.headers.clear()
    return replay_server
