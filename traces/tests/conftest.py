from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from traces.ingest.storing import store_spans
from traces.models import Assessment, Experiment, Trace, TraceState
from traces.search.full_text import write_texts
from traces.tests.corpus_files import spans_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


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
