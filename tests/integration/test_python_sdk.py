"""The official OpenTelemetry SDK for Python, with its HTTP exporter, at a server that runs."""

from __future__ import annotations

import json
import logging
import threading

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult


class Noted(logging.Handler):
    """Says when the exporter logged something of the kind."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words
        self.seen = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if self.words in record.getMessage():
            self.seen.set()


@pytest.fixture
def noted():
    """Return a function: an event that is set when OpenTelemetry logs these words."""
    handlers = []
    root = logging.getLogger("opentelemetry")

    def note(words: str) -> threading.Event:
        handlers.append(Noted(words))
        root.addHandler(handlers[-1])
        return handlers[-1].seen

    yield note
    for handler in handlers:
        root.removeHandler(handler)


@pytest.fixture
def provider_of():
    """Return a function: a tracer provider that sends batches to the server."""
    providers = []

    def make(server, compression=Compression.Gzip) -> TracerProvider:
        provider = TracerProvider()
        exporter = OTLPSpanExporter(f"{server.url}/v1/traces", timeout=30, compression=compression)
        provider.add_span_processor(BatchSpanProcessor(exporter, max_export_batch_size=50, schedule_delay_millis=100))
        providers.append(provider)
        return provider

    yield make
    for provider in providers:
        provider.shutdown()


def make_spans(provider: TracerProvider, n: int) -> set[str]:
    tracer = provider.get_tracer("test")
    ids = set()
    for number in range(n):
        with tracer.start_as_current_span(f"step {number}") as span:
            span.set_attribute("input.value", "Is theft covered?")
            ids.add(f"{span.get_span_context().span_id:016x}")
    return ids


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip, Compression.Deflate])
def test_batches_arrive_once(start_server, provider_of, compression):
    server = start_server()
    provider = provider_of(server, compression)
    ids = make_spans(provider, 120)
    assert provider.force_flush(30_000)
    assert sorted(server.stored()) == sorted(ids)


def test_it_comes_again_after_a_time_of_503_and_nothing_is_lost_or_doubled(start_server, provider_of, noted):
    server = start_server(INGEST_LOCK_WAIT_S="1")
    refused = noted("Transient error Service Unavailable")
    provider = provider_of(server)
    with server.behind():
        ids = make_spans(provider, 120)
        assert refused.wait(30)
        assert server.stored() == []
    assert provider.force_flush(60_000)
    assert sorted(server.stored()) == sorted(ids)


def test_it_comes_again_when_no_place_is_free(start_server, provider_of, noted):
    server = start_server(INGEST_CONCURRENCY="0")
    refused = noted("Transient error Service Unavailable")
    make_spans(provider_of(server), 3)
    assert refused.wait(30)
    assert server.stored() == []


def test_a_partial_success_is_a_success_for_the_exporter(start_server):
    server = start_server()
    exporter = OTLPSpanExporter(f"{server.url}/v1/traces", timeout=30)
    provider = TracerProvider()
    with provider.get_tracer("test").start_as_current_span("step") as span:
        pass
    early = provider.get_tracer("test").start_span("early", start_time=1)
    early._start_time = 0  # what no clock shows: this span alone is refused
    early.end(2)
    assert exporter.export([span, early]) is SpanExportResult.SUCCESS
    assert server.stored() == [f"{span.get_span_context().span_id:016x}"]
    assert json.dumps(server.stored())
