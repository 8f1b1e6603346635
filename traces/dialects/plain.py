"""Any other span: shown with its name, what went in and what came out, where a usual attribute tells."""

from __future__ import annotations

from typing import Any

from traces.dialects.decoding import decoded, text_of
from traces.dialects.failures import error_of
from traces.dialects.spans import SpanLike, SpanReading

name = "plain"

INPUTS = ("input.value", "input", "traceloop.entity.input", "langfuse.observation.input", "gen_ai.prompt", "ai.prompt")
OUTPUTS = (
    "output.value", "output", "traceloop.entity.output", "langfuse.observation.output", "gen_ai.completion",
    "ai.response.text",
)  # fmt: skip


def recognises(attributes: dict[str, Any]) -> bool:
    return True


def header(span: SpanLike) -> SpanReading:
    return SpanReading(
        session_id=text_of(span.attributes.get("session.id")),
        user_id=text_of(span.attributes.get("user.id")),
        dialect=name,
    )


def read(span: SpanLike) -> SpanReading:
    reading = header(span)
    reading.inputs = next((decoded(span.attributes[key]) for key in INPUTS if key in span.attributes), None)
    reading.outputs = next((decoded(span.attributes[key]) for key in OUTPUTS if key in span.attributes), None)
    reading.error = error_of(span)
    return reading
