from __future__ import annotations

import pytest

from traces.ingest.storing import store_spans
from traces.models import Assessment, Experiment, Trace
from traces.tests.corpus_files import spans_of


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
