from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from chat import running, turns
from chat.tests.speaking import speaking

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def loopback(settings):
    settings.ENDPOINT_PRIVATE_ADDRESSES = ["127.0.0.0/8"]


@pytest.fixture
async def speaker(endpoint):
    async with speaking() as (speaker, url):
        endpoint.url = url
        await endpoint.asave()
        yield speaker


async def test_an_answer(conversation, speaker):
    turn = await sync_to_async(turns.ask)(conversation, turn_id=uuid4(), message="Am I covered?", parent=None)
    await running.start(turn.pk)
    call = await speaker.asked()
    await call.say("Yes, ", "you ", "are.")
    await call.end()
    await asyncio.wait({running.runs[turn.pk].task}, timeout=5)
    await turn.arefresh_from_db()
    assert (turn.state, turn.text) == ("complete", "Yes, you are.")
    assert not running.runs
