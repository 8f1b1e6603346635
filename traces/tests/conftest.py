"""An application's experiment, a publishable key for its pages, and traces to say something about."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from traces.feedback.models import PublishableKey
from traces.models import Experiment, Trace

APP = "https://app.example.org"


@pytest.fixture
def shop(db) -> Experiment:
    return Experiment.objects.create(name="shop")


@pytest.fixture
def pk(shop) -> PublishableKey:
    cache.clear()  # of what other tests have sent
    return PublishableKey.objects.create(experiment=shop, name="Shop", origins=[APP])


@pytest.fixture
def shop_trace(shop) -> Callable[..., Trace]:
    """Return a function: the shop's trace number n, `days` old."""

    def make(n: int = 1, *, days: float = 0, **fields) -> Trace:
        facts = {"state": "OK", "request_preview": f"Question {n}?", "response_preview": f"Answer {n}."}
        at = timezone.now() - timedelta(days=days)
        return Trace.objects.create(
            **{"trace_id": f"tr-{n:032x}", "experiment": shop, "request_time": at} | facts | fields
        )

    return make


@pytest.fixture
def say(pk) -> Callable[..., HttpResponse]:
    """Return a function: send feedback as the application's page does."""

    def send(*, key: str = "", origin: str | None = APP, address: str = "203.0.113.9", once: str = "", **body):
        headers = {"Authorization": f"Bearer {key or pk.key}"}
        if origin is not None:
            headers["Origin"] = origin
        if once:
            headers["Idempotency-Key"] = once
        return Client(enforce_csrf_checks=True).post(
            "/api/feedback", json.dumps(body), content_type="application/json", headers=headers, REMOTE_ADDR=address
        )

    return send
