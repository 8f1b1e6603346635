"""How fast traces come in, against the least that any intake must do.

Both take the same protobuf bodies (10 spans a trace, about 2 KB a span) into SQLite. The floor
parses them and inserts the rows by `executemany` in one transaction a body: no dialects, no
trace rows, no look-ups. Measured are `POST /v1/traces` of a server that runs, over HTTP, with one and with
four senders; `store_spans` alone; the same with every built-in rule that masks, against without; and
the memory of the server, before and after 2,000 requests.

    python -m tests.bench ingest
"""

from __future__ import annotations

import http.client
import json
import os
import queue
import secrets
import sqlite3
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tests.bench import table
from tests.bench.servers import serving_process

TRACES_IN_BODY = 50
SPANS_IN_TRACE = 10
SPANS_IN_BODY = TRACES_IN_BODY * SPANS_IN_TRACE
WARM_UP = 2  # bodies
BODIES = 20
AIM = 0.6
MASKING_AIM = 0.8  # with all built-in rules, of the speed without
SENDERS = (1, 4)
ROUNDS = 5
BODIES_A_ROUND = 12
REQUESTS = 2_000
MOST_GROWTH = 1.15
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
        with serving_process("reviewapp.asgi:application") as (port, pid):
            at_the_server(Path(folder), port)
            memory(port, pid)
        by_itself()


def at_the_server(folder: Path, port: int) -> None:
    """Senders over HTTP and the floor, in turns, so that a busy machine slows both."""
    take = floor(folder / "floor.sqlite3")
    seconds: dict[int, list[float]] = {n: [] for n in (0, *SENDERS)}
    for number in range(1 + ROUNDS):
        for senders, times in seconds.items():
            bodies = [a_body() for _ in range(BODIES_A_ROUND)]
            begin = time.perf_counter()
            if senders:
                send_all(port, bodies, senders)
            else:
                for body in bodies:
                    take(body)
            if number:  # the first is for warming up
                times.append(time.perf_counter() - begin)
    speed = {n: BODIES_A_ROUND * SPANS_IN_BODY / statistics.median(times) for n, times in seconds.items()}
    for n in SENDERS:
        name = f"ingest: POST /v1/traces over HTTP, {n} sender{'s' * (n > 1)}"
        table.at_least(name, speed[n], AIM, floor=speed[0], unit="/s")


def by_itself() -> None:
    from traces.models import Experiment

    plain_box = Experiment.objects.earliest("pk")
    masking_box = Experiment.objects.create(
        name="masks", redaction=[{"kind": kind} for kind in ("email", "phone", "card", "iban")]
    )
    takes = {"without": storing(plain_box), "masking": storing(masking_box)}
    seconds: dict[str, list[float]] = {name: [] for name in takes}
    for number in range(WARM_UP + BODIES):
        for name, take in takes.items():
            body = a_body()
            begin = time.perf_counter()
            take(body)
            if number >= WARM_UP:
                seconds[name].append(time.perf_counter() - begin)
    speed = {name: SPANS_IN_BODY / statistics.median(times) for name, times in seconds.items()}
    table.at_least(
        "ingest: with all rules that mask, of without", speed["masking"], MASKING_AIM, floor=speed["without"], unit="/s"
    )


def memory(port: int, pid: int) -> None:
    """The server's resident memory after 2,000 requests, against before; it has warmed up by now."""
    bodies = [a_body(traces=1) for _ in range(50)]
    send_all(port, bodies * 4, 4)
    before = resident(pid)
    for _ in range(REQUESTS // len(bodies)):
        send_all(port, [a_body(traces=1) for _ in range(len(bodies))], 4)
    name = f"ingest: memory after {REQUESTS:,} requests"
    table.at_most(name, resident(pid), MOST_GROWTH, floor=before, unit="MB")


def resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not say how much memory a process has")


def send_all(port: int, bodies: list[bytes], senders: int) -> None:
    """Send all bodies, each sender on a connection of its own; who is refused waits as told, and sends again."""
    waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    for body in [*bodies, *[None] * senders]:
        waiting.put(body)
    threads = [threading.Thread(target=send_some, args=(port, waiting)) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def send_some(port: int, waiting: queue.SimpleQueue[bytes | None]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while (body := waiting.get()) is not None:
        while True:
            connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
            response = connection.getresponse()
            said = response.read()
            if response.status == 200:
                break
            assert response.status == 503, said
            time.sleep(int(response.headers["Retry-After"]))
    connection.close()


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


def storing(experiment: Any) -> Any:
    """Return a function that parses a body and stores its spans, without a request around it."""
    from traces.ingest.otlp_protobuf import read_protobuf
    from traces.ingest.storing import store_spans

    def take(body: bytes) -> None:
        store_spans(experiment, read_protobuf(body).spans)

    return take


def a_body(traces: int = TRACES_IN_BODY) -> bytes:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    set_attributes(of_resource.resource, {"service.name": "claims", "telemetry.sdk.language": "python"})
    of_scope = of_resource.scope_spans.add()
    of_scope.scope.name = "openinference.instrumentation.openai"
    for _ in range(traces):
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
