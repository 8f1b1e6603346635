"""The one way in: spans of any wire format become rows, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from traces.dialects import read_header
from traces.dialects.spans import SpanLike
from traces.ingest.facts import Facts, facts_of
from traces.ingest.incoming import IncomingSpan
from traces.models import Experiment, Span, Trace

# An explicit TraceInfo (an import, the MLflow SDK) beats what spans tell.
FINAL = "mlflow.trace.infoFinalized"
SPAN_FIELDS = (
    "parent_id", "name", "span_type", "start_time_ns", "end_time_ns", "status", "status_message", "scope",
    "attributes", "events", "links", "resource",
)  # fmt: skip
DERIVED = (
    "name", "state", "request_time", "execution_duration_ms", "request_preview", "response_preview", "session_id",
    "user_id",
)  # fmt: skip


@dataclass(slots=True)
class Stored:
    """What became of a batch. `trace_ids` are MLflow's, `tr-…`."""

    accepted: int = 0
    rejected: int = 0
    message: str = ""
    trace_ids: list[str] = field(default_factory=list)


def trace_id_of(span: IncomingSpan) -> str:
    return f"tr-{span.trace_id}"


def store_spans(experiment: Experiment, spans: Sequence[IncomingSpan]) -> Stored:
    """Write spans and derive their traces; return when all is committed.

    A span that is there already is replaced, unless that would take back its end. A trace that
    is known stays in its experiment. Spans may come in any order and any number of batches.
    """
    batches: dict[str, dict[str, IncomingSpan]] = {}
    for span in spans:
        known = batches.setdefault(trace_id_of(span), {})
        if not _takes_back_end(span, known.get(span.span_id)):
            known[span.span_id] = span
    if batches:
        with transaction.atomic():
            _store(experiment, batches)
    return Stored(accepted=len(spans), trace_ids=list(batches))


def _takes_back_end(span: SpanLike, known: SpanLike | None) -> bool:
    return known is not None and known.end_time_ns is not None and span.end_time_ns is None


def _store(experiment: Experiment, batches: dict[str, dict[str, IncomingSpan]]) -> None:
    traces = _traces(experiment, batches)
    stored = _stored_spans(trace_id for trace_id, trace in traces.items() if trace.metadata)
    rows: list[Span] = []
    for trace_id, batch in batches.items():
        known = stored.get(trace_id, {})
        news = {id_: span for id_, span in batch.items() if not _takes_back_end(span, known.get(id_))}
        rows += [_row(trace_id, span) for span in news.values()]
        together: dict[str, SpanLike] = {**known, **news}
        _derive(traces[trace_id], facts_of([*together.values()]))
    Span.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["trace", "span_id"], update_fields=list(SPAN_FIELDS)
    )
    Trace.objects.bulk_update(traces.values(), [*DERIVED, "metadata", "tags"])


def _traces(experiment: Experiment, batches: dict[str, dict[str, IncomingSpan]]) -> dict[str, Trace]:
    """Return the rows of the traces, made where missing, and locked: nobody else derives them meanwhile.

    Sorted, so that two batches wait for each other instead of locking each other out.
    """
    ids = sorted(batches)
    bare = Facts().request_time
    Trace.objects.bulk_create(
        [Trace(trace_id=trace_id, experiment=experiment, request_time=bare) for trace_id in ids], ignore_conflicts=True
    )
    return {trace.pk: trace for trace in Trace.objects.select_for_update().filter(pk__in=ids).order_by("pk")}


def _stored_spans(trace_ids: Iterable[str]) -> dict[str, dict[str, Span]]:
    """Return what is there of traces that were known before, in one query."""
    by_trace: dict[str, dict[str, Span]] = {}
    known = list(trace_ids)
    if known:
        for span in Span.objects.filter(trace__in=known).defer("links", "resource"):
            by_trace.setdefault(span.trace_id, {})[span.span_id] = span
    return by_trace


def _row(trace_id: str, span: IncomingSpan) -> Span:
    return Span(
        trace_id=trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        name=span.name,
        span_type=read_header(span).span_type[:100],
        start_time_ns=span.start_time_ns,
        end_time_ns=span.end_time_ns,
        status=span.status,
        status_message=span.status_message,
        scope=span.scope[:250],
        attributes=span.attributes,
        events=span.events,
        links=span.links,
        resource=span.resource,
    )


def _derive(trace: Trace, facts: Facts) -> None:
    """Write what the spans tell into the row; what somebody said outright stays."""
    if FINAL not in trace.metadata:
        for name in DERIVED:
            setattr(trace, name, getattr(facts, name))
    if FINAL in trace.metadata:
        trace.metadata = {**facts.metadata, **trace.metadata}
    else:
        trace.metadata = {**trace.metadata, **facts.metadata}
    trace.tags = {**facts.tags, **trace.tags}
