"""How fast traces come in, against the least that any intake must do.

Both take the same protobuf bodies (10 spans a trace, about 2 KB a span) into SQLite. The floor
parses them and inserts the rows by `executemany` in one transaction a body: no dialects, no
trace rows, no look-ups. Measured are `POST /v1/traces` without the network, and `store_spans` alone.

    python -m tests.bench ingest
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench import table

TRACES_IN_BODY = 50
SPANS_IN_TRACE = 10
SPANS_IN_BODY = TRACES_IN_BODY * SPANS_IN_TRACE
WARM_UP = 2  # bodies
BODIES = 20
AIM = 0.4
TEXT = "The cost of finding the source of the leak is covered up to EUR 6,000. " * 8

COLUMNS = (
    "trace_id", "span_id", "parent_id", "name", "start_time_ns", "end_time_ns", "status", "status_message", "scope",
    "attributes", "events", "links", "resource",
)  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reviewapp-bench-") as folder:
        os.environ["REVIEWAPP_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "reviewapp.settings"
        os.environ["INGEST_WITHOUT_TOKEN"] = "true"
        os.environ.pop("DATABASE_URL", None)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        takes = {
            "floor": floor(Path(folder) / "floor.sqlite3"),
            "POST /v1/traces": intake(),
            "store_spans alone": storing(),
        }
        seconds: dict[str, list[float]] = {name: [] for name in takes}
        size = 0
        for number in range(WARM_UP + BODIES):
            for name, take in takes.items():  # in turns, so that a busy machine slows both
                body = a_body()
                begin = time.perf_counter()
                take(body)
                if number >= WARM_UP:
                    seconds[name].append(time.perf_counter() - begin)
            size = len(body) // SPANS_IN_BODY
    speed = {name: SPANS_IN_BODY / statistics.median(times) for name, times in seconds.items()}
    for name in ("POST /v1/traces", "store_spans alone"):
        figure = f"ingest, {SPANS_IN_TRACE} spans a trace, {size:,} B a span: {name}"
        table.at_least(figure, speed[name], AIM, floor=speed["floor"], unit="/s")


def floor(path: Path) -> Any:
    """Return a function that parses and inserts, and nothing else."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"CREATE TABLE span (id INTEGER PRIMARY KEY, {', '.join(COLUMNS)}, UNIQUE (trace_id, span_id))")
    insert = f"INSERT INTO span ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608

    def take(body: bytes) -> None:
        request = ExportTraceServiceRequest()
        request.ParseFromString(body)
        with connection:
            connection.executemany(insert, rows(request))

    return take


def rows(request: Any) -> Any:
    for of_resource in request.resource_spans:
        resource = json.dumps(plain(of_resource.resource.attributes))
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield (
                    span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), span.name,
                    span.start_time_unix_nano, span.end_time_unix_nano, span.status.code, span.status.message,
                    of_scope.scope.name, json.dumps(plain(span.attributes)), "[]", "[]", resource,
                )  # fmt: skip


def plain(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


def intake() -> Any:
    """Return a function that posts a body to the application."""
    from django.test import Client

    client = Client()

    def take(body: bytes) -> None:
        response = client.post("/v1/traces", body, content_type="application/x-protobuf", headers={"Host": "localhost"})
        assert response.status_code == 200, response.content

    return take


def storing() -> Any:
    """Return a function that parses a body and stores its spans, without a request around it."""
    from traces.ingest.otlp_protobuf import read_protobuf
    from traces.ingest.storing import store_spans
    from traces.models import Experiment

    experiment = Experiment.objects.earliest("pk")

    def take(body: bytes) -> None:
        store_spans(experiment, read_protobuf(body).spans)

    return take


def a_body() -> bytes:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    set_attributes(of_resource.resource, {"service.name": "claims", "telemetry.sdk.language": "python"})
    of_scope = of_resource.scope_spans.add()
    of_scope.scope.name = "openinference.instrumentation.openai"
    for _ in range(TRACES_IN_BODY):
        add_trace(of_scope)
    return request.SerializeToString()


def add_trace(of_scope: Any) -> None:
    trace_id, root_id, now = secrets.token_bytes(16), secrets.token_bytes(8), time.time_ns()
    for number in range(SPANS_IN_TRACE):
        span = of_scope.spans.add()
        span.trace_id = trace_id
        span.span_id = secrets.token_bytes(8) if number else root_id
        span.parent_span_id = root_id if number else b""
        span.name = f"step {number}" if number else "assistant_turn"
        span.start_time_unix_nano = now + number * 1_000_000
        span.end_time_unix_nano = now + (number + 1 if number else 99) * 1_000_000
        span.status.code = 1
        set_attributes(span, MODEL_CALL if number % 3 == 1 else TOOL if number else ROOT)


def set_attributes(holder: Any, attributes: dict[str, str | int]) -> None:
    for key, value in attributes.items():
        pair = holder.attributes.add(key=key)
        if isinstance(value, int):
            pair.value.int_value = value
        else:
            pair.value.string_value = value


ROOT: dict[str, str | int] = {
    "openinference.span.kind": "CHAIN", "session.id": "sess-1", "user.id": "user-1", "input.value": TEXT * 2,
    "output.value": TEXT + TEXT,
}  # fmt: skip
MODEL_CALL: dict[str, str | int] = {
    "openinference.span.kind": "LLM", "session.id": "sess-1", "llm.model_name": "large", "llm.provider": "openai",
    "llm.input_messages.0.message.role": "system", "llm.input_messages.0.message.content": TEXT,
    "llm.input_messages.1.message.role": "user", "llm.input_messages.1.message.content": TEXT,
    "llm.output_messages.0.message.role": "assistant", "llm.output_messages.0.message.content": TEXT,
    "llm.token_count.prompt": 551, "llm.token_count.completion": 176, "llm.token_count.total": 727,
}  # fmt: skip
TOOL: dict[str, str | int] = {
    "openinference.span.kind": "TOOL", "session.id": "sess-1", "tool.name": "lookup_policy",
    "input.value": json.dumps({"query": TEXT}), "input.mime_type": "application/json",
    "output.value": json.dumps({"text": TEXT, "more": TEXT}), "output.mime_type": "application/json",
}  # fmt: skip


if __name__ == "__main__":
    main()
