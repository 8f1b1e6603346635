"""Exchanges as their applications exported them, moved to this week."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labeling.demo.stories import HERE, Judgement, read_yaml
from traces.ingest.incoming import IncomingSpan
from traces.ingest.otlp_protobuf import read_protobuf


@dataclass(frozen=True)
class Capture:
    key: str
    experiment: str
    hours_ago: float
    file: str  # an OTLP body, zipped, in captured/
    trace: str = ""  # how the id of the trace begins, where the body has several
    judge: Judgement | None = None


def all_captures() -> Iterator[Capture]:
    for entry in read_yaml("captured.yaml"):
        fields: dict[str, Any] = {name: value for name, value in entry.items() if name not in {"flaw", "judge"}}
        judge = Judgement(**entry["judge"]) if "judge" in entry else None
        yield Capture(**fields, judge=judge)


def spans_of(capture: Capture, started: datetime) -> list[IncomingSpan]:
    """Return the spans of the capture's trace, moved so that the first begins at `started`."""
    body = gzip.decompress((HERE / "captured" / capture.file).read_bytes())
    spans = [span for span in read_protobuf(body).spans if span.trace_id.startswith(capture.trace)]
    shift_ns = int(started.timestamp() * 1e9) - min(span.start_time_ns for span in spans)
    for span in spans:
        span.start_time_ns += shift_ns
        if span.end_time_ns is not None:
            span.end_time_ns += shift_ns
        for event in span.events:
            event["time_unix_nano"] += shift_ns
    return spans
