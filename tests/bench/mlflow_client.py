"""What MLflow's own client does to one server: `fill N`, or `measure logging|feedback|search N`, which prints figures.

MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN say to which.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx

BATCH = 20  # traces of one request of `fill`
FOUND = 100  # traces of one page


def main(deed: str, *arguments: str) -> None:
    import mlflow

    url = os.environ["MLFLOW_TRACKING_URI"]
    experiment_id = str(mlflow.set_experiment("filled").experiment_id)
    if deed == "fill":
        fill(url, experiment_id, int(arguments[0]))
    else:
        print(json.dumps(measure(mlflow, experiment_id, arguments[0], int(arguments[1]))))


def fill(url: str, experiment_id: str, n: int) -> None:
    headers = {"x-mlflow-experiment-id": experiment_id}
    if token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        headers["authorization"] = f"Bearer {token}"
    with httpx.Client(base_url=url, headers=headers, timeout=120) as http, ThreadPoolExecutor(2) as pool:
        for answer in pool.map(lambda body: http.post("/v1/traces", json=body), batches(n)):
            answer.raise_for_status()


def batches(n: int) -> list[dict[str, Any]]:
    begin = time.time_ns() - 3600 * 10**9
    numbers = range(0, n, BATCH)
    return [
        {"resourceSpans": [{"scopeSpans": [{"spans": [
            span for number in range(first, min(n, first + BATCH)) for span in spans_of(number, begin + number * 10**8)
        ]}]}]}
        for first in numbers
    ]  # fmt: skip


def spans_of(number: int, at: int) -> list[dict[str, Any]]:
    """Return a small agent's trace: the root, a search, a model's call and a tool."""
    trace_id = uuid4().hex
    ids = [uuid4().hex[:16] for _ in range(4)]
    question = f"Is claim {number} covered by the policy?"
    contents = [
        ("CHAIN", {"question": question}, f"Yes, claim {number} is covered: see section 2.1 of the policy."),
        ("RETRIEVER", {"query": question}, "Section 2.1: sudden water damage is covered. " * 8),
        ("CHAT_MODEL", {"prompt": question * 4}, "Yes, it is covered: see section 2.1."),
        ("TOOL", {"claim": number}, "active"),
    ]
    return [
        {
            "traceId": trace_id, "spanId": ids[place], "parentSpanId": ids[0] if place else "", "name": kind.lower(),
            "kind": 1, "startTimeUnixNano": str(at + place * 10**6), "endTimeUnixNano": str(at + 5 * 10**7),
            "status": {"code": 1}, "attributes": [
                {"key": "mlflow.spanType", "value": {"stringValue": kind}},
                {"key": "mlflow.spanInputs", "value": {"stringValue": json.dumps(given)}},
                {"key": "mlflow.spanOutputs", "value": {"stringValue": answer}},
            ],
        }
        for place, (kind, given, answer) in enumerate(contents)
    ]  # fmt: skip


def measure(mlflow: Any, experiment_id: str, deed: str, n: int) -> dict[str, float]:
    """Do something n times and return milliseconds of each: how long it took, and the client's own CPU."""
    found = mlflow.search_traces(locations=[experiment_id], max_results=FOUND, return_type="list")
    ids = [trace.info.trace_id for trace in found]

    def search(_number: int) -> None:
        mlflow.search_traces(locations=[experiment_id], max_results=FOUND, return_type="list")

    def feedback(number: int) -> None:
        mlflow.log_feedback(trace_id=ids[number % len(ids)], name="correct", value=number % 3 > 0, rationale="Because.")

    deeds: dict[str, Callable[[int], None]] = {
        "search": search, "feedback": feedback, "logging": lambda number: log_one(mlflow, number)
    }  # fmt: skip
    if deed == "logging":
        mlflow.set_experiment("logged")
    started, cpu = time.perf_counter(), time.process_time()
    for number in range(n):
        deeds[deed](number)
    wait_for_exports()
    return {
        "took": (time.perf_counter() - started) * 1000 / n,
        "client": (time.process_time() - cpu) * 1000 / n,
    }


def wait_for_exports() -> None:
    """Return once the last trace has arrived. MLflow's flush waits up to a second longer, for a queue that is empty."""
    from mlflow.tracing.provider import _get_trace_exporter

    exporter = _get_trace_exporter()
    if exporter is not None and hasattr(exporter, "_async_queue"):
        exporter._async_queue._queue.join()


def log_one(mlflow: Any, number: int) -> None:
    with mlflow.start_span("agent", span_type="AGENT") as root:
        root.set_inputs({"question": f"Is claim {number} covered?"})
        for kind in ("RETRIEVER", "CHAT_MODEL", "TOOL"):
            with mlflow.start_span(kind.lower(), span_type=kind) as step:
                step.set_inputs({"number": number})
                step.set_outputs("Section 2.1: sudden water damage is covered.")
        root.set_outputs("Yes, it is covered.")


if __name__ == "__main__":
    main(*sys.argv[1:])
