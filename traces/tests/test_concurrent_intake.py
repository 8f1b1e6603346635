"""Several exporters send parts of the same traces at the same time."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from traces.ingest.incoming import IncomingRecord, IncomingSpan
from traces.ingest.storing import store_records, store_spans
from traces.models import Experiment, Span, Trace

EXPORTERS, TRACES, SPANS = 8, 20, 3
START = 1_744_360_000_000_000_000
ONE_TOKEN = {"mlflow.spanType": "LLM", "mlflow.chat.tokenUsage": {"input_tokens": 1}}


def parts_of_every_trace(exporter: int) -> list[IncomingSpan]:
    spans = [
        IncomingSpan(f"{trace:032x}", f"{exporter * 10 + number:016x}", START, START + 1, attributes=ONE_TOKEN)
        for trace in range(1, TRACES + 1)
        for number in range(1, SPANS + 1)
    ]
    random.Random(exporter).shuffle(spans)
    return spans


@pytest.mark.django_db(transaction=True)
def test_nobody_is_locked_out_and_no_trace_is_derived_from_half_its_spans():
    experiment = Experiment.objects.create(name="Busy")

    def export(exporter: int) -> None:
        try:
            spans = parts_of_every_trace(exporter)
            for begin in range(0, len(spans), 7):
                store_spans(experiment, spans[begin : begin + 7])
        finally:
            if is_at_once:
                connection.close()

    # SQLite's test database is in memory, this thread's own: there they come one after the other.
    is_at_once = connection.vendor != "sqlite"
    if is_at_once:
        with ThreadPoolExecutor(EXPORTERS) as pool:
            list(pool.map(export, range(EXPORTERS)))
    else:
        for exporter in range(EXPORTERS):
            export(exporter)

    assert Span.objects.count() == EXPORTERS * TRACES * SPANS
    tokens = [json.loads(trace.metadata["mlflow.trace.tokenUsage"])["input_tokens"] for trace in Trace.objects.all()]
    assert tokens == [EXPORTERS * SPANS] * TRACES


@pytest.mark.django_db(transaction=True)
def test_spans_and_their_records_that_come_at_once_find_each_other():
    experiment = Experiment.objects.create(name="Busy")
    ids = [(f"{trace:032x}", f"{number:016x}") for trace in range(1, TRACES + 1) for number in range(1, SPANS + 1)]
    spans = [IncomingSpan(trace, span, START, START + 1, name="call", attributes=ONE_TOKEN) for trace, span in ids]
    records = [IncomingRecord(trace, span, "gen_ai.user.message", START) for trace, span in ids]
    senders = [partial(store_spans, experiment, spans), partial(store_records, experiment, records)] * 2

    def send(sender: int) -> None:
        try:
            senders[sender]()
        finally:
            if connection.vendor != "sqlite":
                connection.close()

    if connection.vendor == "sqlite":
        for sender in range(len(senders)):
            send(sender)
    else:
        with ThreadPoolExecutor(len(senders)) as pool:
            list(pool.map(send, range(len(senders))))

    assert [(span.name, len(span.logs or ())) for span in Span.objects.all()] == [("call", 1)] * len(ids)
    assert set(Trace.objects.values_list("state", flat=True)) == {"OK"}
