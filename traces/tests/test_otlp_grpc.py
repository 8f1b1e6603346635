"""OTLP over gRPC, sent by the exporters of the OpenTelemetry SDK over a real socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from django.db import OperationalError
from django.db.backends.signals import connection_created
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from accounts.models import ApiToken
from traces.ingest.otlp_grpc import make_server
from traces.models import Experiment, Span, Trace
from traces.reading import conversation_of
from traces.tests.corpus_files import CORPUS, bodies
from traces.tests.otlp_bodies import logs_protobuf_body, protobuf_body

pytestmark = pytest.mark.django_db(transaction=True)

SPAN = "b7ad6b7169203331"
TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bearer(dana) -> tuple[str, str]:
    return "authorization", f"Bearer {ApiToken.objects.issue(user=dana)}"


@pytest.fixture(autouse=True)
def default_experiment(transactional_db):
    Experiment.objects.get_or_create(pk=0, defaults={"name": "Default"})


@pytest.fixture
def server(settings) -> Iterator[str]:
    """The address of a running server that takes at most a megabyte."""
    settings.INGEST_MAX_BYTES = 1_000_000
    grpc_server, port = make_server("127.0.0.1:0")
    grpc_server.start()
    yield f"127.0.0.1:{port}"
    grpc_server.stop(None).wait()


@pytest.fixture
def send(server, bearer):
    """Return a function that sends a body as it is, with a developer's token unless told otherwise."""
    with grpc.insecure_channel(server) as channel:

        def call(body: bytes, *metadata: tuple[str, str], method: str = TRACES, **options) -> bytes:
            said = metadata or (bearer,)
            return channel.unary_unary(method)(body, metadata=[pair for pair in said if pair[1]], timeout=20, **options)

        yield call


def code_of(send, *arguments, **options) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        send(*arguments, **options)
    return caught.value.code(), caught.value.details()


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
def test_what_the_sdks_exporters_send_is_read_as_a_conversation(server, bearer, compression):
    options = {"endpoint": server, "insecure": True, "headers": (bearer,), "compression": compression}
    spans, logs = TracerProvider(), LoggerProvider()
    spans.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(**options)))
    logs.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(**options)))
    logger = logs.get_logger("app")
    with spans.get_tracer("app").start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat"}):
        logger.emit(LogRecord(event_name="gen_ai.user.message", body={"content": "Is hail covered?"}))
        logger.emit(LogRecord(event_name="gen_ai.choice", body={"message": {"content": "Yes."}}))
    spans.shutdown()
    logs.shutdown()

    trace = Trace.objects.get()
    assert (trace.name, trace.state, trace.request_preview, trace.response_preview) == (
        "chat", "OK", "Is hail covered?", "Yes.",
    )  # fmt: skip
    assert conversation_of(trace).answer == "Yes."


@pytest.mark.parametrize("name", ["pydanticai-v1-logs", "otel-openaiv2-legacy"])
def test_captured_requests_are_taken(send, name):
    for path in bodies(name):
        assert ExportTraceServiceResponse.FromString(send(path.read_bytes())) == ExportTraceServiceResponse()
    for path in bodies(name, "logs"):
        answer = ExportLogsServiceResponse.FromString(send(path.read_bytes(), method=LOGS))
        assert answer == ExportLogsServiceResponse()
    assert all(trace.request_preview for trace in Trace.objects.all())


def test_refused_spans_and_records_are_counted(send):
    spans = protobuf_body(SPAN) + protobuf_body("00" * 8)
    partial = ExportTraceServiceResponse.FromString(send(spans)).partial_success
    assert (partial.rejected_spans, partial.error_message) == (1, "Span id is all zeros.")
    records = logs_protobuf_body() + logs_protobuf_body(span_id="00" * 8)
    partial = ExportLogsServiceResponse.FromString(send(records, method=LOGS)).partial_success
    assert partial.rejected_log_records == 1


def test_the_metadata_names_the_experiment(send, bearer):
    experiment = Experiment.objects.create(name="Claims")
    send(protobuf_body(SPAN), bearer, ("x-mlflow-experiment-id", str(experiment.pk)))
    assert Trace.objects.get().experiment == experiment


@pytest.mark.parametrize("value", ["4711", "claims", "-1"])
def test_an_unknown_experiment_is_not_found(send, bearer, value):
    code, _ = code_of(send, protobuf_body(SPAN), bearer, ("x-mlflow-experiment-id", value))
    assert code == grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("value", ["", "Bearer ra_wrong", "Bearer", "Basic !!!"])
def test_without_a_good_token_nothing_is_taken(send, value):
    code, message = code_of(send, protobuf_body(SPAN), ("authorization", value), ("x-other", "1"))
    assert (code, "API token" in message) == (grpc.StatusCode.UNAUTHENTICATED, True)
    assert not Trace.objects.exists()


def test_a_local_server_may_do_without_tokens_but_not_with_a_wrong_one(send, settings):
    settings.INGEST_WITHOUT_TOKEN = True
    send(protobuf_body(SPAN), ("x-other", "1"))
    assert Trace.objects.count() == 1
    assert code_of(send, b"", ("authorization", "Bearer ra_wrong"))[0] == grpc.StatusCode.UNAUTHENTICATED


def test_an_expert_may_not_send(send, alice):
    secret = ApiToken.objects.issue(user=alice)
    code, _ = code_of(send, protobuf_body(SPAN), ("authorization", f"Bearer {secret}"))
    assert code == grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("method", [TRACES, LOGS])
def test_a_body_that_is_not_otlp_is_refused_with_the_reason(send, method):
    code, message = code_of(send, b"\n\xff\xff\xff\xff\x0f not protobuf", method=method)
    assert (code, "in protobuf" in message) == (grpc.StatusCode.INVALID_ARGUMENT, True)


def test_a_body_of_bad_spans_only_is_refused_with_the_reason(send):
    code, message = code_of(send, protobuf_body("00" * 8))
    assert (code, message) == (grpc.StatusCode.INVALID_ARGUMENT, "Span id is all zeros.")


def test_the_invalid_bodies_of_the_corpus_do_no_harm(send):
    for path in CORPUS.glob("synthetic-invalid/otlp-*.pb"):
        try:
            send(path.read_bytes())
        except grpc.RpcError as refused:
            assert refused.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert not Trace.objects.exists()


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_a_body_over_the_limit_is_refused_packed_or_not(send, compression):
    body = protobuf_body(SPAN, name="x" * 20_000_000)
    assert code_of(send, body, compression=compression)[0] == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert not Trace.objects.exists()


def test_an_unknown_method_is_unimplemented(send):
    assert code_of(send, b"", method=TRACES.replace("trace", "metrics"))[0] == grpc.StatusCode.UNIMPLEMENTED


def test_a_busy_database_asks_to_send_it_again_and_keeps_nothing(send):
    def busy_for_spans(execute, sql, *rest):
        if 'INTO "traces_span"' in sql:
            raise OperationalError("database is locked")
        return execute(sql, *rest)

    def slow_down(connection, **_):
        if threading.current_thread() is not threading.main_thread():
            connection.execute_wrappers.append(busy_for_spans)

    connection_created.connect(slow_down)
    try:
        code, message = code_of(send, protobuf_body(SPAN))
    finally:
        connection_created.disconnect(slow_down)
    assert (code, "send it again" in message) == (grpc.StatusCode.UNAVAILABLE, True)
    assert not Trace.objects.exists()


def test_the_command_serves_until_it_is_told_to_stop(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve_otlp_grpc", "127.0.0.1:0"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = process.stdout.readline().split()[-1]
        with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(TRACES)(b"", timeout=20)
        assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def test_the_command_says_that_an_address_is_taken(server):
    done = subprocess.run(
        [sys.executable, "manage.py", "serve_otlp_grpc", "nowhere.invalid:1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Can't listen at nowhere.invalid:1" in done.stderr


def test_spans_and_their_records_meet_over_both_ways_in(send, client, settings):
    settings.INGEST_WITHOUT_TOKEN = True
    send(logs_protobuf_body(), method=LOGS)
    client.post("/v1/traces", protobuf_body(SPAN), content_type="application/x-protobuf")
    span = Span.objects.get()
    assert (span.name, len(span.logs)) == ("answer", 1)
