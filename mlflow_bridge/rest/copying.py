"""A trace in two experiments: a session takes traces of its own experiment, so it gets a copy of another's."""

from __future__ import annotations

import hashlib

from django.db import transaction

from mlflow_bridge.rest.models import Artifact
from traces.columns import RUN
from traces.ingest.incoming import IncomingSpan
from traces.ingest.mlflow_json import MlflowTrace
from traces.ingest.whole_traces import store_trace
from traces.models import Experiment, Span, Trace

COPY_OF = "reviewapp.copyOf"  # a tag: the id of the trace that was copied


@transaction.atomic
def copy_into(experiment: Experiment, trace: Trace) -> Trace:
    """Return the copy of a trace in another experiment, made if there is none: of a trace there is one in each.

    It has the spans and the files, but nothing that was said about the trace, nor its run. It comes in as any other
    trace does, so that the experiment masks what it masks.
    """
    digits = hashlib.sha256(f"{experiment.pk} {trace.pk}".encode()).hexdigest()[:32]
    there = Trace.objects.filter(pk=f"tr-{digits}").first()
    if there is not None:
        Trace.objects.filter(pk=there.pk).update(deleted_at=None)
        return there
    whole = MlflowTrace(
        trace_id=f"tr-{digits}",
        request_time=trace.request_time,
        spans=[span_of(span, digits) for span in trace.spans.iterator()],
        state=trace.state,
        execution_duration_ms=trace.execution_duration_ms,
        # No client_request_id: it names one trace, which is where what an application's users say goes.
        request_preview=trace.request_preview,
        response_preview=trace.response_preview,
        metadata={key: value for key, value in trace.metadata.items() if key != RUN},
        tags={**trace.tags, COPY_OF: trace.pk},
    )
    copy = store_trace(experiment, whole)
    files = Artifact.objects.filter(trace=trace)
    Artifact.objects.bulk_create(Artifact(trace=copy, path=each.path, content=each.content) for each in files)
    return copy


def span_of(span: Span, trace_id: str) -> IncomingSpan:
    return IncomingSpan(
        trace_id=trace_id,
        span_id=span.span_id,
        start_time_ns=span.start_time_ns,
        end_time_ns=span.end_time_ns,
        parent_id=span.parent_id,
        name=span.name,
        scope=span.scope,
        status=span.status,
        status_message=span.status_message,
        attributes=span.attributes,
        events=span.events,
        links=span.links,
        logs=span.logs,
        resource=span.resource,
    )
