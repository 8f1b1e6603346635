"""Storing a trace that arrives whole, with what somebody said outright about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from traces.announcing import Arrival, announce_arrivals
from traces.counting import count_masked
from traces.ingest.mlflow_json import MlflowAssessment, MlflowTrace
from traces.ingest.rows import hold_traces, insert_missing_traces, update_traces
from traces.ingest.storing import FINAL, store_spans
from traces.models import Assessment, Experiment, Trace
from traces.redaction.door import mask_trace
from traces.search.full_text import traces_with_texts, write_texts

SAID = (
    "request_time", "state", "name", "execution_duration_ms", "client_request_id", "request_preview",
    "response_preview", "session_id", "user_id", "metadata", "tags", "masked", "revised_at",
)  # fmt: skip
UPDATED = (
    "kind", "name", "value", "error", "rationale", "source_type", "source_id", "metadata", "overrides", "valid",
    "updated_at",
)  # fmt: skip


def store_trace(experiment: Experiment, whole: MlflowTrace) -> Trace:
    """Write spans, trace and assessments; a second time changes nothing but what changed."""
    with transaction.atomic():
        (trace,) = store_traces(experiment, [whole])
        if whole.assessments:
            Assessment.objects.bulk_create(
                rows_of(trace, whole.assessments, dict(trace.assessments.values_list("pk", "deleted_at"))),
                update_conflicts=True,
                unique_fields=["assessment_id"],
                update_fields=list(UPDATED),
            )
    return trace


def store_traces(experiment: Experiment, wholes: Sequence[MlflowTrace]) -> list[Trace]:
    """Write spans and traces, in the order of their ids, but no assessments: those are masked only.

    A trace that is known stays in its experiment. Queries: the same for one trace as for hundreds.
    """
    if not wholes:
        return []
    masked = {whole.trace_id: mask_trace(experiment, whole) for whole in wholes}
    by_id = {whole.trace_id: whole for whole in wholes}
    with transaction.atomic(savepoint=False):
        store_spans(experiment, [span for whole in wholes for span in whole.spans])
        new = [Trace(trace_id=each, experiment=experiment, request_time=by_id[each].request_time)
               for each in sorted(by_id)]  # fmt: skip
        _say_all(new, by_id, masked)
        made = insert_missing_traces(new)
        there = hold_traces([*(by_id.keys() - made)]) if len(made) < len(new) else []
        if there:
            _say_all(there, by_id, masked)
            update_traces(there, SAID)
        traces = sorted([*there, *(each for each in new if each.pk in made)], key=lambda each: each.pk)
        told = traces_with_texts([each.pk for each in there]) if there else set()
        # Where no span said anything: what was said outright.
        write_texts((each.pk, each.request_preview, each.response_preview) for each in traces if each.pk not in told)
        count_masked(experiment, sum(masked.values(), Counter()))
        arrivals = [Arrival(trace.pk, trace.session_id) for trace in traces]
        transaction.on_commit(lambda: announce_arrivals(arrivals))
    return traces


def _say_all(traces: Sequence[Trace], wholes: Mapping[str, MlflowTrace], masked: Mapping[str, Counter[str]]) -> None:
    for trace in traces:
        _say(trace, wholes[trace.pk])
        trace.masked = dict(masked[trace.pk] + Counter(trace.masked or {})) or None


def _say(trace: Trace, whole: MlflowTrace) -> None:
    """Write what was said outright over what the spans told; where nothing was said that stays."""
    trace.request_time = whole.request_time
    trace.state = whole.state or trace.state
    trace.name = whole.tags.get("mlflow.traceName", trace.name)[:250]
    if whole.execution_duration_ms is not None:
        trace.execution_duration_ms = whole.execution_duration_ms
    trace.client_request_id = whole.client_request_id or trace.client_request_id
    trace.request_preview = whole.request_preview or trace.request_preview
    trace.response_preview = whole.response_preview or trace.response_preview
    trace.session_id = whole.metadata.get("mlflow.trace.session", trace.session_id)[:250]
    trace.user_id = whole.metadata.get("mlflow.trace.user", trace.user_id)[:250]
    trace.metadata = {**trace.metadata, **whole.metadata, FINAL: "true"}
    trace.tags = {**trace.tags, **whole.tags}
    trace.revised_at = timezone.now()


def rows_of(
    trace: Trace, assessments: Iterable[MlflowAssessment], there: Mapping[str, datetime | None]
) -> list[Assessment]:
    """Make rows; a link to a replaced assessment that nobody knows is left out. What was deleted here stays so.

    there   when each of the trace's assessments was deleted, or None, by its id
    """
    assessments = [*assessments]
    known = {each.assessment_id for each in assessments} | there.keys()
    return [
        Assessment(
            assessment_id=each.assessment_id,
            trace=trace,
            span_id=each.span_id,
            kind=each.kind,
            name=each.name,
            value=each.value,
            error=each.error,
            rationale=each.rationale,
            source_type=each.source_type,
            source_id=each.source_id,
            metadata=each.metadata,
            overrides_id=each.overrides if each.overrides in known else None,
            valid=each.valid,
            created_at=each.created_at,
            updated_at=each.updated_at,
        )
        for each in assessments
        if there.get(each.assessment_id) is None
    ]
