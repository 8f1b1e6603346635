"""What several processes need: a change told in one is heard in another."""

from __future__ import annotations

import os
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer

from labeling import live


@pytest.fixture
def redis(settings) -> None:
    url = os.environ.get("TEST_REDIS_URL")
    assert url, "This test needs Redis: run it by `make test`, or by `scripts/with-services .venv/bin/pytest …`."
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [url]}}
    }


async def test_a_change_goes_through_redis(redis):
    session_id = uuid4()
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(live.group_of(session_id), channel)

    await sync_to_async(live.tell)(session_id)

    assert await layer.receive(channel) == {"type": "session.changed"}
    await layer.close_pools()
