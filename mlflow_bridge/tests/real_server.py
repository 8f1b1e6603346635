"""A real `mlflow server` as a process, for tests that talk to one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from django.utils import timezone

READY_WITHIN_S = 300  # on a busy machine
PATIENT_S = 60


def attribute(key: str, value: Any) -> dict[str, Any]:
    return {"key": key, "value": any_value(value)}


def any_value(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {}
        case str():
            return {"stringValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [any_value(each) for each in value]}}
    return {"kvlistValue": {"values": [attribute(key, each) for key, each in value.items()]}}


class RealServer:
    """`mlflow server` as a process, with a database that outlives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{self.folder / 'mlflow.db'}"]
        command += ["--artifacts-destination", str(self.folder / "artifacts")]
        quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
        quiet["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # eight processes more that nothing here needs
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=quiet, start_new_session=True)
        until = time.monotonic() + READY_WITHIN_S
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.1)

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health").is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, 9)
            self.process.wait()

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}/api/{path}", json=body, timeout=PATIENT_S)
        assert answer.is_success, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def new_experiment(self) -> str:
        """Return the id of an experiment that nobody else uses."""
        made = self.post("2.0/mlflow/experiments/create", name=f"experiment {uuid4().hex[:8]}")
        return str(made["experiment_id"])

    def log_trace(
        self, *, trace_id: str = "", session: str = "", at: datetime | None = None, experiment_id: str = "0",
        spans: bool = False, question: Any = "Am I covered?", **info: Any,
    ) -> str:  # fmt: skip
        """Write a trace as the SDK does, with two spans if wanted, and return its id."""
        trace_id = trace_id or f"tr-{uuid4().hex}"
        at = at or timezone.now()
        if spans:
            self.send_spans(trace_id, experiment_id, at, question)
        told = {
            "trace_id": trace_id,
            "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment_id}},
            "request_time": at.isoformat().replace("+00:00", "Z"),
            "execution_duration": "0.1s",
            "state": "OK",
            "trace_metadata": {"mlflow.trace_schema.version": "3", "mlflow.trace.session": session},
            "tags": {"mlflow.traceName": "answer"},
        } | info
        self.post("3.0/mlflow/traces", trace={"trace_info": told})
        return trace_id

    def send_spans(self, trace_id: str, experiment_id: str, at: datetime, question: Any) -> None:
        digits, begin = trace_id.removeprefix("tr-"), int(at.timestamp() * 1e9)
        messages = [{"role": "user", "content": question}]
        root = {
            "traceId": digits, "spanId": digits[:16], "name": "answer", "kind": 1, "status": {"code": 1},
            "startTimeUnixNano": str(begin), "endTimeUnixNano": str(begin + 10**8),
            "attributes": [
                attribute("mlflow.spanType", "CHAIN"), attribute("mlflow.spanInputs", {"messages": messages}),
                attribute("mlflow.spanOutputs", "Yes, **fully**."),
            ],
        }  # fmt: skip
        search = root | {
            "spanId": digits[16:], "parentSpanId": digits[:16], "name": "search", "attributes":
            [attribute("mlflow.spanType", "TOOL"), attribute("mlflow.spanInputs", {"policy": 7, "deep": [1.5, None]})],
        }  # fmt: skip
        body = {"resourceSpans": [{"scopeSpans": [{"spans": [root, search]}]}]}
        headers = {"x-mlflow-experiment-id": experiment_id}
        answer = httpx.post(f"{self.url}/v1/traces", json=body, headers=headers, timeout=PATIENT_S)
        assert answer.is_success, answer.text

    def assess(self, trace_id: str, value: Any = True, **said: Any) -> str:
        """Say something about a trace there, and return its id."""
        told = {
            "assessment_name": "correct", "source": {"source_type": "HUMAN", "source_id": "zoe@example.org"},
            "feedback": {"value": value},
        } | said  # fmt: skip
        made = self.post(f"3.0/mlflow/traces/{trace_id}/assessments", assessment=told)
        return str(made["assessment"]["assessment_id"])

    def change(self, trace_id: str, assessment_id: str, value: Any) -> None:
        path = f"{self.url}/api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}"
        told = {"assessment": {"feedback": {"value": value}}, "update_mask": "feedback"}
        answer = httpx.patch(path, json=told, timeout=PATIENT_S)
        assert answer.is_success, answer.text

    def delete(self, trace_id: str, assessment_id: str) -> None:
        path = f"{self.url}/api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}"
        assert httpx.request("DELETE", path, json={}, timeout=PATIENT_S).is_success

    def put_file(self, experiment_id: str, trace_id: str, path: str, content: bytes) -> None:
        where = f"{self.url}/api/2.0/mlflow-artifacts/artifacts/{experiment_id}/traces/{trace_id}/artifacts/{path}"
        assert httpx.put(where, content=content, timeout=PATIENT_S).is_success

    def assessments(self, trace_id: str) -> list[dict[str, Any]]:
        path = f"{self.url}/api/3.0/mlflow/traces/{trace_id}"
        answer = httpx.get(path, params={"trace_id": trace_id}, timeout=PATIENT_S)
        assert answer.is_success, answer.text
        said: list[dict[str, Any]] = answer.json()["trace"]["trace_info"].get("assessments", [])
        return said
