"""An endpoint that alice may chat with, her conversation with it, and a finished turn."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import addresses, comparing, running, tracing
from chat.models import Comparison, Conversation, Endpoint, EndpointQuestion, Round, Turn
from chat.tests.replaying import Replay, replaying
from chat.tests.speaking import Speaker, speaking
from chat.threads import POOL, THREADS
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


def wait_for_threads() -> None:
    """Return once nothing is written any more: who is cancelled leaves a thread behind that is not."""
    all_free = threading.Barrier(THREADS + 1)
    for _ in range(THREADS):
        POOL.submit(all_free.wait)
    all_free.wait(timeout=30)


@pytest.fixture
async def speaker(endpoint, settings) -> AsyncIterator[Speaker]:
    """The endpoint, alive: it says what the test lets it say. Nothing runs any more afterwards."""
    settings.ENDPOINT_PRIVATE_ADDRESSES = ["127.0.0.0/8"]
    async with speaking() as (speaker, url):
        endpoint.url = url
        await endpoint.asave()
        yield speaker
        await running.close()
        for helper in running.helpers:
            helper.cancel()
        await asyncio.gather(*running.helpers, return_exceptions=True)
        await asyncio.to_thread(wait_for_threads)
    await addresses.client().aclose()


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


@pytest.fixture
def rival(claims, alice, mallory) -> Endpoint:
    """Another version of the same application, which alice may chat with, too."""
    rival = Endpoint.objects.create(
        name="Claims assistant",
        version="v2.4",
        url="http://127.0.0.1:9/v1",
        model="claims-2",
        experiment=claims,
        created_by=mallory,
    )
    rival.people.add(alice)
    return rival


@pytest.fixture
def comparison(endpoint, rival, alice) -> Comparison:
    return comparing.begin(alice, endpoint, rival)


@pytest.fixture
def make_round(comparison, make_turn) -> Callable[..., Round]:
    """Return a function: a round with two answers, recorded unless told otherwise."""

    def make(
        first: str = "Yes, **covered**.", second: str = "No.", *, message: str = "Am I covered?",
        first_is_left: bool = True, recorded: bool = True, of: Comparison | None = None, **fields: Any,
    ) -> Round:  # fmt: skip
        whole = of or comparison
        answers = [
            make_turn(message, text, conversation=talk, endpoint_version=talk.endpoint.version, **fields)
            for talk, text in ((whole.first, first), (whole.second, second))
        ]
        for answer in answers if recorded else ():
            tracing.record(answer)
        return whole.rounds.create(
            number=whole.rounds.count() + 1, first_turn=answers[0], second_turn=answers[1], first_is_left=first_is_left
        )

    return make
