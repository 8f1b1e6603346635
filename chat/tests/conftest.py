"""An endpoint that alice may chat with, her conversation with it, and a finished turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, Endpoint, EndpointQuestion, Turn
from labeling.models import LabelSchema
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
def questions(endpoint, claims) -> dict[str, LabelSchema]:
    """What the endpoint asks of each answer: right or wrong, and if wrong why; and a note."""
    inputs = {
        "correct": {"pass_fail": {}},
        "problem": {"categorical": {"options": ["Made up", "Unsafe"]}},
        "note": {"text": {"max_length": 20}},
    }
    asked = {}
    for position, (name, input) in enumerate(inputs.items(), start=1):
        asked[name] = LabelSchema.objects.ask(
            experiment=claims, name=name, type="feedback", title=f"{name.title()}?", input=input, enable_comment=True
        )
        show_if = {"correct": False} if name == "problem" else {}
        EndpointQuestion.objects.create(
            endpoint=endpoint, schema=asked[name], position=position, show_if=show_if, is_required=name == "correct"
        )
    return asked


@pytest.fixture
def stranger(charlie) -> User:
    """Signed in, an expert, and not let to the endpoint."""
    return charlie
