"""Traces in files: OTLP as protobuf or JSON, MLflow's trace JSON, JSON lines of either, gzipped or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from traces.ingest.logs_json import read_logs_request
from traces.ingest.logs_protobuf import read_logs_protobuf
from traces.ingest.mlflow_json import read_trace
from traces.ingest.otlp import BadBody, Batch, LogBatch
from traces.ingest.otlp_json import read_request
from traces.ingest.otlp_protobuf import read_protobuf
from traces.ingest.storing import store_records, store_spans
from traces.ingest.unpacking import unpack
from traces.ingest.whole_traces import store_trace
from traces.models import Experiment

GZIP_MAGIC = b"\x1f\x8b"


@dataclass(slots=True)
class Loaded:
    """What came out of a file."""

    traces: set[str] = field(default_factory=set)
    spans: int = 0
    assessments: int = 0
    records: int = 0  # of logs
    problems: list[str] = field(default_factory=list)  # spans that could not be kept, and why


def load_file(path: Path, experiment: Experiment) -> Loaded:
    """Store a file's traces, all or none; raise BadBody, TooLarge or OSError."""
    body = path.read_bytes()
    if body.startswith(GZIP_MAGIC):
        body = unpack(body, "gzip", settings.INGEST_MAX_BYTES)
    loaded = Loaded()
    with transaction.atomic():
        if _is_json(path, body):
            for where, document in documents(body):
                try:
                    _load(document, experiment, loaded)
                except BadBody as problem:
                    raise BadBody(f"{where}{problem}") from problem
        else:
            _load_protobuf(body, experiment, loaded)
    if not loaded.traces:
        raise BadBody(loaded.problems[0] if loaded.problems else "There is no trace in it.")
    return loaded


def _is_json(path: Path, body: bytes) -> bool:
    """Say which of the two it is; protobuf begins with a byte that is a line feed in text."""
    return body.lstrip()[:1] in {b"{", b"["} and (not body.startswith(b"\n") or path.suffix.startswith(".json"))


def documents(body: bytes) -> Iterator[tuple[str, Any]]:
    """Yield the JSON values of a file, each with where it stands, for messages: one, a list of them, or one a line."""
    try:
        document = json.loads(body)
    except RecursionError:
        raise BadBody("A value is nested too deeply.") from None
    except ValueError as error:
        if b"\n" not in body.strip():
            raise BadBody(f"It is not JSON: {error}") from error
        yield from _lines(body)
    else:
        for number, entry in enumerate(document if isinstance(document, list) else [document], 1):
            yield (f"Entry {number}: " if isinstance(document, list) else ""), entry


def _lines(body: bytes) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield f"Line {number}: ", json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadBody(f"Line {number} is not JSON: {error}") from error


def _load(document: Any, experiment: Experiment, loaded: Loaded) -> None:
    if isinstance(document, dict) and "resourceSpans" in document:
        _load_batch(read_request(document), experiment, loaded)
    elif isinstance(document, dict) and "resourceLogs" in document:
        _load_logs(read_logs_request(document), experiment, loaded)
    elif isinstance(document, dict) and isinstance(document.get("info"), dict) and "data" in document:
        whole = read_trace(document)
        loaded.traces.add(store_trace(experiment, whole).pk)
        loaded.spans += len(whole.spans)
        loaded.assessments += len(whole.assessments)
    else:
        raise BadBody("It is neither OTLP (resourceSpans, resourceLogs) nor an MLflow trace (info and data).")


def _load_batch(batch: Batch, experiment: Experiment, loaded: Loaded) -> None:
    stored = store_spans(experiment, batch.spans)
    loaded.traces.update(stored.trace_ids)
    loaded.spans += stored.accepted
    loaded.problems += batch.problems


def _load_protobuf(body: bytes, experiment: Experiment, loaded: Loaded) -> None:
    """Load spans or log records: a body of one kind does not parse as the other, or has no ids where they should be."""
    try:
        batch = read_protobuf(body)
    except BadBody as problem:
        batch = Batch(problems=[str(problem)])
    if batch.spans or not batch.problems:
        _load_batch(batch, experiment, loaded)
        return
    try:
        logs = read_logs_protobuf(body)
    except BadBody as problem:
        raise BadBody(batch.problems[0]) from problem
    if not logs.records:
        raise BadBody(batch.problems[0])
    _load_logs(logs, experiment, loaded)


def _load_logs(batch: LogBatch, experiment: Experiment, loaded: Loaded) -> None:
    stored = store_records(experiment, batch.records)
    loaded.traces.update(stored.trace_ids)
    loaded.records += stored.accepted
    loaded.problems += batch.problems
