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

SLOWER = 8  # the model that answered while they were recorded was a quick stand-in


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
    first_ns = min(span.start_time_ns for span in spans)

    def moved(time_ns: int) -> int:
        return int(started.timestamp() * 1e9) + (time_ns - first_ns) * SLOWER

    for span in spans:
        span.start_time_ns = moved(span.start_time_ns)
        span.end_time_ns = span.end_time_ns and moved(span.end_time_ns)
        for event in span.events:
            event["time_unix_nano"] = moved(event["time_unix_nano"])
    return spans
