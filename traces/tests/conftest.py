"""Traces of an application, a publishable key for its pages, and what people say about its answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from traces.feedback.models import PublishableKey
from traces.ingest.storing import store_spans
from traces.models import Assessment, Experiment, Trace, TraceState
from traces.search.full_text import write_texts
from traces.tests.corpus_files import spans_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
APP = "https://app.example.org"


@pytest.fixture
def claims(db) -> Trace:
    """A stored conversation with sources: what an application really sent."""
    store_spans(Experiment.objects.get(pk=0), spans_of("oi-openai-claims-rag"))
    return Trace.objects.get()


@pytest.fixture
def judge(claims):
    """Return a function: write an assessment of the claims trace, dana's feedback `correct` unless said otherwise."""

    def make(value=True, **fields) -> Assessment:
        said = {"kind": "feedback", "name": "correct", "source_type": "HUMAN", "source_id": "dana@example.org"}
        return Assessment.objects.create(trace=claims, value=value, **said | fields)

    return make


@pytest.fixture
def make_trace(db):
    """Return a function: store a trace that is `minutes` old, findable by its words."""

    def make(number: int, *, experiment: str = "claims", **fields) -> Trace:
        box, _ = Experiment.objects.get_or_create(name=experiment)
        facts = {
            "state": TraceState.OK,
            "request_preview": f"Question {number}?",
            "response_preview": f"Answer {number}.",
            "request_time": NOON - timedelta(minutes=number),
        }
        trace = Trace.objects.create(trace_id=f"tr-{number:032x}", experiment=box, **facts | fields)
        write_texts([(trace.pk, trace.request_preview, trace.response_preview)])
        return trace

    return make


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
