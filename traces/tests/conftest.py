from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from traces.models import Experiment, Trace, TraceState
from traces.search.full_text import write_texts

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


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
