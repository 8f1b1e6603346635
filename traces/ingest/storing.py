"""The one way in: spans and log records of any wire format become rows, all of them or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace

from django.db import transaction
from django.utils import timezone

from reviewapp.lib.columns import Columns, among, fetch
from traces.announcing import Arrival, announce_arrivals
from traces.counting import count_masked
from traces.dialects import read_header
from traces.dialects.spans import SpanLike, SpanReading
from traces.ingest.facts import DERIVED, Facts, facts_of
from traces.ingest.incoming import IncomingRecord, IncomingSpan
from traces.ingest.joining import add_facts, cut_records, join_records, stand_ins, stands_in
from traces.ingest.rows import (
    TRACE_FIELDS,
    SpanRow,
    hold_traces,
    insert_missing_traces,
    update_traces,
    write_logs,
    write_spans,
)
from traces.models import Experiment, Span, Trace
from traces.redaction.door import mask_spans
from traces.search.full_text import write_texts

FINAL = "mlflow.trace.infoFinalized"  # in a trace's metadata: somebody said outright what else spans tell
CHANGED = [*DERIVED, "revised_at"]
# What spans still tell where nobody says it outright:
UNSAID = ("name", "request_preview", "response_preview", "session_id", "user_id", "client_request_id")

SPAN = Columns(Span, only=[
    "id", "trace", "span_id", "parent_id", "name", "span_type", "start_time_ns", "end_time_ns", "status",
    "status_message", "scope", "attributes", "events", "logs",
])  # fmt: skip
STORED = f"SELECT {SPAN.listed} FROM traces_span WHERE trace_id {{among}} ORDER BY start_time_ns, id"  # noqa: S608

TRACES_AT_ONCE = 500  # databases limit the number of parameters of a statement

# Of one trace, by span id:
Batch = dict[str, IncomingSpan]
Known = dict[str, Span]
Headers = dict[str, SpanReading]


@dataclass(slots=True)
class Stored:
    """What became of spans and records; `trace_ids` are MLflow's, `tr-…`."""

    accepted: int = 0
    left_out: int = 0  # log records beyond what one span may have
    trace_ids: list[str] = field(default_factory=list)


def store_records(experiment: Experiment, records: Sequence[IncomingRecord]) -> Stored:
    """Join log records to their spans and derive their traces anew; return when all is committed.

    The same record twice is one. A record whose span has not come makes a stand-in, which the span
    replaces when it does.
    """
    stored = store_spans(experiment, stand_ins(records))
    return replace(stored, accepted=len(records) - stored.left_out)


def store_spans(experiment: Experiment, spans: Sequence[IncomingSpan]) -> Stored:
    """Write spans and derive their traces; return when all is committed.

    A span that is there already is replaced, unless that would take back its end. A trace that
    is known stays in its experiment. Spans may come in any order and any number of batches.
    """
    return store_masked(experiment, spans, mask_spans(experiment, spans))


def store_masked(experiment: Experiment, spans: Sequence[IncomingSpan], masked: Counter[str]) -> Stored:
    """The same for spans that are masked already, and so often."""
    batches: dict[str, Batch] = {}
    for span in spans:
        batch = batches.setdefault(f"tr-{span.trace_id}", {})
        if not _takes_back_end(span, batch.get(span.span_id)):
            batch[span.span_id] = span
    stored = Stored(accepted=len(spans), trace_ids=list(batches))
    if batches:
        with transaction.atomic():
            for ids in _in_pieces(sorted(batches), TRACES_AT_ONCE):
                arrivals = _store(experiment, {trace_id: batches[trace_id] for trace_id in ids}, stored)
                transaction.on_commit(partial(announce_arrivals, arrivals))
            count_masked(experiment, masked)
    return stored


def _in_pieces(ids: list[str], size: int) -> Iterator[list[str]]:
    return (ids[begin : begin + size] for begin in range(0, len(ids), size))


def _takes_back_end(span: SpanLike, known: SpanLike | None) -> bool:
    return known is not None and known.end_time_ns is not None and span.end_time_ns is None


def _store(experiment: Experiment, batches: dict[str, Batch], stored: Stored) -> list[Arrival]:
    headers: dict[str, Headers] = {}
    said: dict[str, Facts] = {}
    for id_, batch in batches.items():  # one after the other: what was just read is still in the processor's cache
        headers[id_] = {span.span_id: read_header(span) for span in batch.values()}
        said[id_] = facts_of([*batch.values()], headers[id_])
    traces, known = _hold(experiment, batches, said)
    told: list[Span] = []  # spans that were there, and now have more log records
    for trace_id, trace in traces.items():
        before = known.get(trace_id, {})
        batches[trace_id] = _replacing(batches[trace_id], before, told)
        together: dict[str, SpanLike] = {**before, **batches[trace_id]}
        said[trace_id] = facts_of([*together.values()])
        _add(trace, said[trace_id])
    changed: list[IncomingSpan | Span] = [*told, *_with_records(batches)]
    stored.left_out += sum(cut_records(span) for span in changed)
    if traces:
        update_traces(traces.values(), CHANGED)
    write_spans(
        SpanRow(trace_id, headers[trace_id][span.span_id].span_type, span)
        for trace_id, batch in batches.items()
        for span in batch.values()
    )
    if told:
        write_logs(told)
    write_texts((trace_id, facts.question, facts.answer) for trace_id, facts in said.items() if facts.has_ended)
    return [Arrival(id_, _session(headers[id_])) for id_ in headers]


def _with_records(batches: dict[str, Batch]) -> Iterator[IncomingSpan]:
    return (span for batch in batches.values() for span in batch.values() if span.logs)


def _replacing(batch: Batch, before: Known, told: list[Span]) -> Batch:
    """Return the spans of a batch that are to be written, each with the log records that came before it.

    A stand-in replaces none but another: its records go to the span that is there, which is added to `told`.
    """
    kept: Batch = {}
    for span_id, span in batch.items():
        known = before.get(span_id)
        if known is not None and span.is_stand_in and not stands_in(known):
            known.logs = join_records(known.logs, span.logs)
            told.append(known)
        elif not _takes_back_end(span, known):
            span.logs = join_records(known.logs if known else None, span.logs)
            if known is not None and span.is_stand_in:
                add_facts(span, known)
            kept[span_id] = span
    return kept


def _session(headers: Headers) -> str:
    return next((header.session_id for header in headers.values() if header.session_id), "")


def _hold(
    experiment: Experiment, batches: dict[str, Batch], said: dict[str, Facts]
) -> tuple[dict[str, Trace], dict[str, Known]]:
    """Make the missing rows of traces, and return those that were there before, with their spans.

    Whoever adds to a trace holds its row until commit, so nobody derives it from half its spans.
    Rows are made and held in the order of their ids, and made before any is held: so two requests
    wait for each other, and never both at once. A row that was made here is held by that.
    """
    made = insert_missing_traces(_rows(experiment, said))
    known = [id_ for id_ in batches if id_ not in made]
    if not known:
        return {}, {}
    return {trace.pk: trace for trace in hold_traces(known)}, _stored_spans(known)


def _rows(experiment: Experiment, said: dict[str, Facts]) -> list[SimpleNamespace]:
    """Return what rows of traces hold. Instances of the model take as long to make as their rows to write."""
    now = timezone.now()
    same = {each.attname: each.get_default() for each in TRACE_FIELDS}
    same |= {"experiment_id": experiment.pk, "created_at": now, "revised_at": now}
    return [SimpleNamespace(**{**same, "trace_id": id_, **facts.as_fields()}) for id_, facts in said.items()]


def _stored_spans(trace_ids: Iterable[str]) -> dict[str, Known]:
    """Return what is there already, by trace and span id."""
    by_trace: dict[str, Known] = {}
    for span in map(SPAN.read, fetch(STORED.format(among=among("ids")), ids=[*trace_ids])):
        by_trace.setdefault(span.trace_id, {})[span.span_id] = span
    return by_trace


def _add(trace: Trace, facts: Facts) -> None:
    """Write what the spans tell into the row; what somebody said outright stays."""
    tags = {**facts.tags, **trace.tags}
    if FINAL in trace.metadata:
        trace.metadata = {**facts.metadata, **trace.metadata}
        for name in UNSAID:
            setattr(trace, name, getattr(trace, name) or getattr(facts, name))
    else:
        metadata = {**trace.metadata, **facts.metadata}
        for name in DERIVED:
            setattr(trace, name, getattr(facts, name))
        trace.metadata = metadata
    trace.tags = tags
    trace.masked = facts.masked
    trace.revised_at = timezone.now()
