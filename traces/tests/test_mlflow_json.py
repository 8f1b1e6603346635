"""Traces as MLflow writes them: traces/ingest/mlflow_json.py"""

from __future__ import annotations

from base64 import b64encode

import pytest

from traces.ingest.mlflow_json import read_trace
from traces.ingest.otlp import BadBody

TRACE_ID = "0123456789abcdef" * 2
LOOKS_LIKE_HEX = "d3122fabcdef0123"  # base64 of it begins with 0x


def trace_with(span_id: str) -> dict:
    return {
        "info": {"trace_id": f"tr-{TRACE_ID}", "request_time": "2026-11-26T20:00:00Z", "state": "OK"},
        "data": {"spans": [{"span_id": span_id, "start_time_unix_nano": 1_790_000_000_000_000_000, "name": "call"}]},
    }


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("0123456789abcdef", "0123456789abcdef"),
        ("0x0123456789abcdef", "0123456789abcdef"),
        (b64encode(bytes.fromhex("0123456789abcdef")).decode(), "0123456789abcdef"),
        (b64encode(bytes.fromhex(LOOKS_LIKE_HEX)).decode(), LOOKS_LIKE_HEX),
    ],
)
def test_ids_are_read_in_every_way_that_mlflow_writes_them(written, means):
    (span,) = read_trace(trace_with(written)).spans

    assert span.span_id == means


def test_an_id_that_is_none_is_named_as_it_came():
    with pytest.raises(BadBody, match="Span id 'no id!' is not 16 hex digits"):
        read_trace(trace_with("no id!"))
