"""Traces with questions and answers, and short ways to say what is expected of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from quality.models import EvaluationDataset
from traces.models import Assessment, Experiment, Span, Trace

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def claims(db) -> Experiment:
    return Experiment.objects.create(name="claims")


@pytest.fixture
def dataset(claims) -> EvaluationDataset:
    made = EvaluationDataset.objects.create(name="Water damage", created_by="mallory@example.org")
    made.experiments.add(claims)
    return made


@pytest.fixture
def ask(claims) -> Callable[..., Trace]:
    """Return a function: a trace of the application being asked this, with the answer that it gave."""
    numbers = count(1)

    def make(inputs: Any, outputs: Any = "It depends.", **fields: Any) -> Trace:
        n = next(numbers)
        trace = Trace.objects.create(
            trace_id=f"tr-{n:032x}", experiment=claims, state="OK", request_time=START + timedelta(minutes=n),
            request_preview=str(inputs), response_preview=str(outputs), **fields,
        )  # fmt: skip
        attributes = {"mlflow.spanType": "CHAIN", "mlflow.spanInputs": inputs, "mlflow.spanOutputs": outputs}
        Span.objects.create(
            trace=trace, span_id=f"{n:016x}", name="answer", start_time_ns=n, end_time_ns=n + 1, attributes=attributes
        )
        return trace

    return make


@pytest.fixture
def expect() -> Callable[..., Assessment]:
    """Return a function: somebody says what is expected of a trace, one minute after the last one who did."""
    minutes = count(60)

    def say(trace: Trace, value: Any, *, by: str = "alice@example.org", name: str = "expected_response",
            **fields: Any) -> Assessment:  # fmt: skip
        at = START + timedelta(minutes=next(minutes))
        said = {"kind": "expectation", "source_type": "HUMAN", "created_at": at, "updated_at": at, **fields}
        return Assessment.objects.create(trace=trace, name=name, value=value, source_id=by, **said)

    return say
