"""A batch of traces, as a server gave them, into the database: all of it and the cursor, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from mlflow_bridge.fingerprints import digest_of
from mlflow_bridge.pulling.assessments import bring_together
from mlflow_bridge.pulling.attachments import named_in, still_lacking
from mlflow_bridge.pulling.models import PulledTrace, RemoteExperiment
from mlflow_bridge.pulling.spans import read_span
from mlflow_bridge.rest.models import Artifact
from traces.ingest.incoming import BadSpan, IncomingSpan
from traces.ingest.mlflow_json import MlflowTrace, read_trace
from traces.ingest.otlp import BadBody
from traces.ingest.whole_traces import store_traces
from traces.models import Trace, TraceState

Said = dict[str, Any]
LOCATION = "mlflow.artifactLocation"
SETTLED_AFTER = timedelta(seconds=30)  # a client sends spans and information apart, and some time after the end
Cursor = tuple[int, str]  # request time in ms, id there


@dataclass(slots=True)
class Whole:
    """One trace as it came: `in_file` are spans in the form of `trace.to_json()`.

    problem   what the server said instead of its spans
    """

    info: Said
    spans: list[Said] = field(default_factory=list)
    in_file: list[Said] = field(default_factory=list)
    problem: str = ""


@dataclass(slots=True)
class Read:
    """What could be read of it; `problem` says what could not."""

    info: Said
    trace: MlflowTrace
    problem: str = ""
    comes_again: bool = False  # the server failed at its spans, and may not the next time


def store(there: RemoteExperiment, wholes: Sequence[Whole], *, asked_at: datetime, cursor: Cursor | None = None) -> int:
    """Write traces, what was said about them and the cursor; return how many. Those deleted here stay so.

    Raises: nothing for a trace that can't be read: it is noted, and does not hold up the others.
    """
    read, unread = read_all(wholes)
    with transaction.atomic():
        known = {each.remote_id: each for each in known_among(there, [remote_id_of(each.info) for each in wholes])}
        wanted = [each for each in read.values() if not was_deleted(known.get(remote_id_of(each.info)))]
        traces = store_traces(there.experiment, [each.trace for each in wanted])
        by_id = {each.trace.trace_id: each.trace for each in wanted}
        again = bring_together(there.connection, traces, by_id, asked_at)
        note(there, traces, read, known, again, asked_at)
        note_unread(there, unread)
        if cursor is not None:
            there.cursor_ms, there.cursor_id = cursor
            there.save(update_fields=["cursor_ms", "cursor_id"])
    return len(traces)


def read_all(wholes: Sequence[Whole]) -> tuple[dict[str, Read], list[tuple[Said, str]]]:
    """Return what can be read, by our ids, and the others with why."""
    read: dict[str, Read] = {}
    unread = []
    for whole in wholes:
        each = read_whole(whole)
        if isinstance(each, Read):
            read[each.trace.trace_id] = each
        else:
            unread.append((whole.info, each))
    return read, unread


def read_whole(whole: Whole) -> Read | str:
    """Return a trace with the spans that can be read; of one that can't be read at all, why."""
    try:
        told = read_trace({"info": {**whole.info, "trace_id": local_id_of(whole.info)}, "data": {"spans": []}})
    except BadBody as bad:
        return str(bad)
    spans, problem = read_spans(whole, told.trace_id.removeprefix("tr-"))
    told.spans = spans
    return Read(whole.info, told, whole.problem or problem, comes_again=bool(whole.problem))


def read_spans(whole: Whole, digits: str) -> tuple[list[IncomingSpan], str]:
    spans: list[IncomingSpan] = []
    problem = ""
    for each in whole.spans:
        try:
            spans.append(read_span(each, digits))
        except BadSpan as bad:
            problem = str(bad)
    for each in whole.in_file:
        try:
            spans += read_trace({"info": {**whole.info, "trace_id": f"tr-{digits}"}, "data": {"spans": [each]}}).spans
        except BadBody as bad:
            problem = str(bad)
    return spans, problem


def note(
    there: RemoteExperiment,
    traces: Sequence[Trace],
    read: dict[str, Read],
    known: dict[str, PulledTrace],
    again: set[str],
    asked_at: datetime,
) -> None:
    """Write down what was taken over of which trace, so that the next look sees what changed."""
    kept: dict[str, set[str]] = {}
    for trace_id, path in Artifact.objects.filter(trace__in=traces).values_list("trace_id", "path"):
        kept.setdefault(trace_id, set()).add(path)
    rows = []
    for trace in traces:
        each = read[trace.pk]
        remote_id = remote_id_of(each.info)
        pulled = known.get(remote_id) or PulledTrace(
            connection=there.connection, remote_experiment=there, remote_id=remote_id
        )
        is_done = trace.pk not in again and not each.comes_again and has_settled(each.trace, asked_at)
        pulled.trace, pulled.error, pulled.pulled_at = trace, each.problem, timezone.now()
        pulled.is_unread = False
        pulled.digest = digest_of(each.info) if is_done else ""
        location = str((each.info.get("tags") or {}).get(LOCATION, ""))
        named = named_in(each.trace.spans, remote_id)
        pulled.lacks = still_lacking(pulled, named, location, kept.get(trace.pk, set()))
        rows.append(pulled)
    write(rows)


def note_unread(there: RemoteExperiment, unread: Sequence[tuple[Said, str]]) -> None:
    """Note traces that can't be read at all: they have no trace here, and are not asked for until they change."""
    write([
        PulledTrace(
            connection=there.connection, remote_experiment=there, remote_id=remote_id_of(info),
            digest=digest_of(info), is_unread=True, error=problem[:1000],
        )
        for info, problem in unread
    ])  # fmt: skip


def write(rows: Sequence[PulledTrace]) -> None:
    PulledTrace.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["connection", "remote_id"],
        update_fields=["trace", "digest", "is_unread", "lacks", "error", "pulled_at"],
    )  # fmt: skip


def known_among(there: RemoteExperiment, remote_ids: Sequence[str]) -> list[PulledTrace]:
    return list(PulledTrace.objects.filter(connection=there.connection, remote_id__in=remote_ids))


def was_deleted(pulled: PulledTrace | None) -> bool:
    return pulled is not None and pulled.trace_id is None and not pulled.is_unread


def has_settled(trace: MlflowTrace, asked_at: datetime) -> bool:
    """Whether nothing more is to be expected of it by itself."""
    if trace.state in {None, TraceState.IN_PROGRESS}:
        return False
    ended = trace.request_time + timedelta(milliseconds=trace.execution_duration_ms or 0)
    return asked_at - ended > SETTLED_AFTER


def remote_id_of(info: Said) -> str:
    return str(info.get("trace_id", ""))[:250]


def local_id_of(info: Said) -> str:
    """Return our id: the same, and of Databricks' `trace:/<catalog.schema>/<id>` its last part."""
    return f"tr-{remote_id_of(info).rpartition('/')[2].removeprefix('tr-')}"
