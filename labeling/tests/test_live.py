from __future__ import annotations

import logging
from uuid import uuid4

from labeling import live


def test_a_layer_that_is_down_costs_a_line_in_the_log_and_nothing_else(settings, caplog):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},  # nobody listens there
        }
    }
    session_id = uuid4()

    with caplog.at_level(logging.WARNING):
        live.tell(session_id)

    assert f"session {session_id} changed" in caplog.text
