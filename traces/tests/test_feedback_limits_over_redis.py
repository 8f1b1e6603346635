"""traces.feedback.limiting: with Redis, all processes count together."""

from __future__ import annotations

import os
import time

from django.core.cache import caches

from traces.feedback import limiting
from traces.feedback.limiting import seconds_to_wait


def test_counts_are_shared_and_forgotten_with_their_minute(settings, monkeypatch, pk):
    url = os.environ.get("TEST_REDIS_URL")
    assert url, "This test needs Redis: run it by `make test`, or by `scripts/with-services .venv/bin/pytest …`."
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}}
    now = [time.time() // 60 * 60]
    monkeypatch.setattr(limiting.time, "time", lambda: now[0])
    pk.per_address_minute = 2
    assert [seconds_to_wait(pk, "203.0.113.7") for _ in range(2)] == [0, 0]
    del caches["default"]  # another process's connection
    assert seconds_to_wait(pk, "203.0.113.7") == 60
    now[0] += 60
    assert seconds_to_wait(pk, "203.0.113.7") == 0
