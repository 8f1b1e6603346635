"""What the row of a trace says, derived from its spans."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from traces.dialects import read_header, read_span
from traces.dialects.decoding import text_of
from traces.dialects.spans import MASKED, ONLY_LOGGED, ChatMessage, Json, SpanLike, SpanReading
from traces.models import TraceState

PREVIEW_LENGTH = 1000  # characters, as MLflow's
MODEL_CALLS = frozenset({"LLM", "CHAT_MODEL"})
MOST_MASKED = 1_000_000_000  # in one span; larger numbers are nobody's count
TAG = "mlflow.traceTag."
CLIENT_REQUEST = "client_request_id"  # named as MLflow's, whose SDK tells it beside the spans; ours for any span
SCHEMA = {"mlflow.trace_schema.version": "3"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Facts:
    """The derived fields of `traces.models.Trace`, and the texts that they are cut from."""

    name: str = ""
    state: str = TraceState.IN_PROGRESS
    request_time: datetime = EPOCH
    execution_duration_ms: int | None = None
    request_preview: str = ""
    response_preview: str = ""
    question: str = ""  # whole, as is the answer: what full text looks through
    answer: str = ""
    session_id: str = ""
    user_id: str = ""
    client_request_id: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    masked: dict[str, int] | None = None

    def as_fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in DERIVED}

    @property
    def has_ended(self) -> bool:
        return self.state != TraceState.IN_PROGRESS


DERIVED = [each.name for each in fields(Facts) if each.name not in {"question", "answer"}]


def facts_of(spans: Sequence[SpanLike], headers: dict[str, SpanReading] | None = None) -> Facts:
    """Return what the spans of one trace, at least one, say together; their order does not matter.

    `headers`, by span id, saves reading them again.
    """
    spans = sorted(spans, key=lambda span: (span.start_time_ns, span.span_id))
    headers = headers or {span.span_id: read_header(span) for span in spans}
    root = root_of(spans)
    facts = Facts(
        request_time=EPOCH + timedelta(microseconds=spans[0].start_time_ns // 1000),
        session_id=_first(headers[span.span_id].session_id for span in spans),
        user_id=_first(headers[span.span_id].user_id for span in spans),
        client_request_id=_first(text_of(span.attributes.get(CLIENT_REQUEST)) for span in spans),
        tags=_tags(spans),
        masked=_masked(spans) or None,
    )
    if root is not None:
        facts.name = root.name[:250]
        if root.end_time_ns is not None:
            facts.state = TraceState.ERROR if root.status == "ERROR" else TraceState.OK
            facts.execution_duration_ms = max(0, root.end_time_ns - root.start_time_ns) // 1_000_000
    calls = [span for span in spans if headers[span.span_id].span_type in MODEL_CALLS]
    facts.question, facts.answer = _texts(root, calls)
    facts.request_preview, facts.response_preview = facts.question[:PREVIEW_LENGTH], facts.answer[:PREVIEW_LENGTH]
    facts.metadata = _metadata(facts, _usage(spans, headers))
    return facts


def _first(names: Iterable[str]) -> str:
    return next((name[:250] for name in names if name), "")


def root_of(spans: Sequence[SpanLike]) -> SpanLike | None:
    """Return the earliest span without a parent (or that is its own); none while the root is to come."""
    roots = (span for span in spans if span.parent_id in {"", span.span_id})
    return next((span for span in roots if ONLY_LOGGED not in span.attributes), None)


def _texts(root: SpanLike | None, calls: list[SpanLike]) -> tuple[str, str]:
    """Return question and answer: the root's; where it has none, the model calls' first and last."""
    readings: dict[str, SpanReading] = {}

    def read(span: SpanLike) -> SpanReading:
        if span.span_id not in readings:
            readings[span.span_id] = read_span(span)
        return readings[span.span_id]

    roots = [root] if root is not None else []
    question = next((text for span in [*roots, *calls] if (text := _question(read(span)))), "")
    answer = next((text for span in [*roots, *reversed(calls)] if (text := _answer(read(span)))), "")
    return question.strip(), answer.strip()


def _question(reading: SpanReading) -> str:
    return next(
        (text for message in reversed(reading.messages) if message.role == "user" and (text := _text(message))), ""
    )


def _answer(reading: SpanReading) -> str:
    for message in reversed(reading.answer):
        if text := _text(message):
            return text
        for part in message.parts:  # smolagents answers by calling a tool
            if part.kind == "tool_call" and part.tool_name == "final_answer" and isinstance(part.data, dict):
                return text_of(part.data.get("answer"))
    return ""


def _text(message: ChatMessage) -> str:
    return "\n\n".join(part.text for part in message.parts if part.kind in {"text", "refusal"} and part.text)


def _usage(spans: Sequence[SpanLike], headers: dict[str, SpanReading]) -> dict[str, int]:
    """Sum the tokens. A span above another with tokens of its own counts for both: agents add up their calls.

    A call that two instrumentations recorded side by side counts once.
    """
    parents = {span.span_id: span.parent_id for span in spans}
    total: dict[str, int] = {}
    counted: set[str] = set()
    for span in spans:
        usage, response_id = headers[span.span_id].usage, headers[span.span_id].response_id
        if usage and response_id not in counted and not _counted_above(span.span_id, parents, headers):
            counted |= {response_id} - {""}
            for key in ("input_tokens", "output_tokens", "total_tokens"):
                total[key] = total.get(key, 0) + usage.get(key, 0)
    return total


def _counted_above(span_id: str, parents: dict[str, str], headers: dict[str, SpanReading]) -> bool:
    seen = {span_id}
    above = parents.get(span_id, "")
    while above in parents and above not in seen:  # parents may run in a circle
        if headers[above].usage:
            return True
        seen.add(above)
        above = parents[above]
    return False


def _metadata(facts: Facts, usage: dict[str, int]) -> dict[str, str]:
    metadata = dict(SCHEMA)
    if usage:
        metadata["mlflow.trace.tokenUsage"] = json.dumps(usage)
    if facts.session_id:
        metadata["mlflow.trace.session"] = facts.session_id
    if facts.user_id:
        metadata["mlflow.trace.user"] = facts.user_id
    return metadata


def _tags(spans: Sequence[SpanLike]) -> dict[str, str]:
    return {
        key.removeprefix(TAG): text_of(span.attributes[key])
        for span in spans
        if TAG in "\n".join(span.attributes)  # nearly none: looking into each key takes three times as long
        for key in span.attributes
        if key.startswith(TAG)
    }


def _masked(spans: Sequence[SpanLike]) -> dict[str, int]:
    """Sum what was masked in spans and in their log records, by the rules' names."""
    total: Counter[str] = Counter()
    for span in spans:
        for holder in ([span.attributes] if MASKED in span.attributes else []) + (span.logs or []):
            total.update(_counts(holder.get(MASKED)))
    return dict(total)


def _counts(value: Json) -> dict[str, int]:
    """Return counts as redaction writes them; a sender may have put anything there."""
    pairs = value.items() if isinstance(value, dict) else ()
    return {name: n for name, n in pairs if isinstance(n, int) and 0 < n < MOST_MASKED}
