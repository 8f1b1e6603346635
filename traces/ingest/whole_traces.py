"""Storing a trace that arrives whole, with what somebody said outright about it."""

from __future__ import annotations

from collections import Counter

from django.db import transaction
from django.utils import timezone

from traces.announcing import Arrival, announce_arrivals
from traces.counting import count_masked
from traces.ingest.mlflow_json import MlflowAssessment, MlflowTrace
from traces.ingest.storing import FINAL, store_spans
from traces.models import Assessment, Experiment, Trace, TraceText
from traces.redaction.door import mask_trace
from traces.search.full_text import write_texts

UPDATED = (
    "kind", "name", "value", "error", "rationale", "source_type", "source_id", "metadata", "overrides", "valid",
    "updated_at",
)  # fmt: skip


def store_trace(experiment: Experiment, whole: MlflowTrace) -> Trace:
    """Write spans, trace and assessments; a second time changes nothing but what changed."""
    masked = mask_trace(experiment, whole)
    with transaction.atomic():
        store_spans(experiment, whole.spans)
        trace, _made = Trace.objects.select_for_update().get_or_create(
            trace_id=whole.trace_id, defaults={"experiment": experiment, "request_time": whole.request_time}
        )
        _say(trace, whole)
        trace.masked = dict(masked + Counter(trace.masked or {})) or None
        trace.save()
        if not TraceText.objects.filter(trace=trace).exists():  # no span said anything: what was said outright
            write_texts([(trace.pk, trace.request_preview, trace.response_preview)])
        Assessment.objects.bulk_create(
            _rows(trace, whole.assessments),
            update_conflicts=True,
            unique_fields=["assessment_id"],
            update_fields=list(UPDATED),
        )
        count_masked(experiment, masked)
        transaction.on_commit(lambda: announce_arrivals([Arrival(trace.pk, trace.session_id)]))
    return trace


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


def _rows(trace: Trace, assessments: list[MlflowAssessment]) -> list[Assessment]:
    """Make rows; a link to a replaced assessment that nobody knows is left out. What was deleted here stays so."""
    there = dict(trace.assessments.values_list("pk", "deleted_at"))
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
