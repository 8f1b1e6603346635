"""The corpus as tests use it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from traces.ingest.incoming import IncomingRecord, IncomingSpan
from traces.ingest.joining import stand_ins
from traces.ingest.logs_protobuf import read_logs_protobuf
from traces.ingest.otlp_json import read_json
from traces.ingest.otlp_protobuf import read_protobuf
from traces.ingest.storing import store_records, store_spans
from traces.models import Experiment

CORPUS = Path(__file__).parent / "corpus"


def scenarios(*prefixes: str) -> list[str]:
    """Names of the scenarios, of these prefixes only if given, that hold OTLP bodies."""
    names = sorted(path.parent.name for path in CORPUS.glob("*/meta.json"))
    return [name for name in names if name.startswith(prefixes or "") and bodies(name)]


def meta(name: str) -> dict[str, Any]:
    return json.loads((CORPUS / name / "meta.json").read_text(encoding="utf-8"))


def bodies(name: str, signal: str = "traces") -> list[Path]:
    """Paths of the OTLP bodies, in the order in which they were sent."""
    files = [request["file"] for request in meta(name)["requests"] if request["signal"] == signal]
    return [CORPUS / name / file for file in files]


def mlflow_traces(name: str = "*") -> list[Path]:
    return sorted(CORPUS.glob(f"{name}/mlflow-trace*.json"))


def spans_of(name: str) -> list[IncomingSpan]:
    """Every span of a scenario, read as the intake reads it."""
    return [
        span
        for path in bodies(name)
        for span in (read_json if path.suffix == ".json" else read_protobuf)(path.read_bytes()).spans
    ]


def records_of(name: str) -> list[IncomingRecord]:
    """Every log record of a scenario; most have none."""
    return [record for path in bodies(name, "logs") for record in read_logs_protobuf(path.read_bytes()).records]


def told_spans_of(name: str) -> list[IncomingSpan]:
    """Every span of a scenario with the log records that belong to it."""
    logs = {span.span_id: span.logs for span in stand_ins(records_of(name))}
    return [replace(span, logs=logs.get(span.span_id)) for span in spans_of(name)]


def store_scenario(name: str) -> None:
    """Store a scenario as it was sent: spans, then log records."""
    experiment = Experiment.objects.get(pk=0)
    store_spans(experiment, spans_of(name))
    store_records(experiment, records_of(name))
