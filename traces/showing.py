"""What the page of one trace shows beside the conversation: facts, rows of the tree, raw JSON, each bounded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import User
from traces import dialects
from traces.dialects.spans import SpanReading
from traces.models import Span, Trace
from traces.raw import assessment_json, info_of, shown, span_json
from traces.reading.waterfall import More, Row, Tree, rows_of
from traces.related import Related, related_to
from traces.verdicts import Place

MODEL_KINDS = ("LLM", "CHAT_MODEL", "EMBEDDING", "AGENT")  # spans whose model and tokens a row tells
SPANS_ON_PAGE = 50  # raw
RAW_CHARS = 400_000  # of the spans on one page; a span that is longer stands alone
USAGE = "mlflow.trace.tokenUsage"
OWN = ("mlflow.trace.session", "mlflow.trace.user", "mlflow.trace_schema.version", USAGE)  # metadata told otherwise
UNREAD = ("links", "resource")  # of a span: no dialect looks at them
CALLS_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class TraceFacts:
    models: list[str]
    tokens: dict[str, int]
    metadata: dict[str, str]
    tags: dict[str, str]
    related: list[Related]


def facts_of(trace: Trace, reader: User) -> TraceFacts:
    """Queries: 1, and what other rooms ask to lead to their pages."""
    metadata = {key: text for key, text in trace.metadata.items() if key not in OWN}
    tags = {key: text for key, text in trace.tags.items() if not key.startswith("mlflow.")}
    return TraceFacts(models_of(trace), tokens_of(trace), metadata, tags, related_to(trace, reader))


def tokens_of(trace: Trace) -> dict[str, int]:
    try:
        usage = json.loads(trace.metadata.get(USAGE) or "{}")
    except ValueError:  # an import may say anything
        return {}
    counts = usage if isinstance(usage, dict) else {}
    return {key: number for key, number in counts.items() if isinstance(number, int)}


def models_of(trace: Trace) -> list[str]:
    """Return the models that the first calls went to, in order. Queries: 1."""
    calls = trace.spans.filter(span_type__in=("LLM", "CHAT_MODEL")).defer(*UNREAD)[:CALLS_LOOKED_AT]
    return [model for model in dict.fromkeys(header_of(call).model for call in calls) if model]


def header_of(span: Span) -> SpanReading:
    try:
        return dialects.read_header(span)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return SpanReading(span_type=span.span_type)  # a trace that can't be read is shown all the same


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A row of the tree with what its span says of model and tokens, and how much was said about it."""

    row: Row | None
    more: More | None = None
    model: str = ""
    tokens: int = 0
    n_judged: int = 0


def seen_rows(
    trace: Trace, tree: Tree, places: Mapping[str, Place], *, under: str = "", start: int = 0, chosen: str = ""
) -> list[SeenRow]:
    """Queries: 1, for the content of the model calls among the rows."""
    rows = rows_of(tree, under=under, start=start, chosen=chosen)
    calls = [row.span.span_id for row in rows if isinstance(row, Row) and row.span.span_type in MODEL_KINDS]
    headers = {span.span_id: header_of(span) for span in trace.spans.filter(span_id__in=calls).defer(*UNREAD)}
    return [SeenRow(None, row) if isinstance(row, More) else seen(row, headers, places) for row in rows]


def seen(row: Row, headers: Mapping[str, SpanReading], places: Mapping[str, Place]) -> SeenRow:
    span_id = row.span.span_id
    header, place = headers.get(span_id), places.get(span_id)
    usage = header.usage if header else {}
    tokens = usage.get("total_tokens") or usage.get("input_tokens", 0) + usage.get("output_tokens", 0)
    return SeenRow(row, None, header.model if header else "", tokens, place.n_valid if place else 0)


@dataclass(frozen=True, slots=True)
class RawInfo:
    info: str
    assessments: str
    n_assessments: int


def raw_info(trace: Trace) -> RawInfo:
    """Queries: 1."""
    said = [assessment_json(each) for each in trace.assessments.filter(deleted_at=None)]
    return RawInfo(shown(info_of(trace)), shown(said), len(said))


@dataclass(frozen=True, slots=True)
class RawPage:
    """Some spans as JSON: each with its id and name. `next` is where the next page begins, None at the end."""

    spans: list[tuple[Span, str]]
    start: int
    next: int | None
    total: int


def page_of_spans(trace: Trace, start: int) -> RawPage:
    """Queries: 2."""
    total = trace.spans.count()
    spans: list[tuple[Span, str]] = []
    length = 0
    for span in trace.spans.all()[start : start + SPANS_ON_PAGE].iterator(chunk_size=10):
        text = shown(span_json(span))
        length += len(text)
        if spans and length > RAW_CHARS:
            break
        spans.append((span, text))
    end = start + len(spans)
    return RawPage(spans, start, end if end < total and spans else None, total)
