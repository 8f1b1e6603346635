"""One trace for developers: the conversation, the spans on a time line, what was said about it."""

from __future__ import annotations

import json

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviewapp.lib.requests import UserRequest
from traces.access import get_span_for, get_trace_for
from traces.reading import conversation_of
from traces.reading.gathering import node_of
from traces.reading.timeline import timeline_of
from traces.reading.verdicts import histories_of


@require_safe
@login_required
def trace_detail(request: UserRequest, trace_id: str) -> HttpResponse:
    trace = get_trace_for(request.user, trace_id)
    ctx = {
        "section": "traces",
        "trace": trace,
        "conversation": conversation_of(trace),
        "timeline": timeline_of(trace),
        "histories": histories_of(trace),
    }
    return render(request, "traces/detail.html", ctx)


@require_safe
@login_required
def span_detail(request: UserRequest, trace_id: str, span_id: str) -> HttpResponse:
    """What went in and came out of a span; the fragment that opens under its bar, and a page of its own."""
    span = get_span_for(request.user, trace_id, span_id)
    ctx = {"section": "traces", "span": span, "node": node_of(span), "trace_id": trace_id}
    return render(request, "traces/_span.html" if request.htmx else "traces/span.html", ctx)


@require_safe
@login_required
def span_raw(request: UserRequest, trace_id: str, span_id: str) -> HttpResponse:
    """The span as it is stored."""
    span = get_span_for(request.user, trace_id, span_id)
    stored = {
        "name": span.name, "span_id": span.span_id, "parent_id": span.parent_id, "type": span.span_type,
        "start_time_ns": span.start_time_ns, "end_time_ns": span.end_time_ns, "status": span.status,
        "status_message": span.status_message, "scope": span.scope, "attributes": span.attributes,
        "events": span.events, "log_records": span.logs or [], "links": span.links, "resource": span.resource,
    }  # fmt: skip
    raw = json.dumps(stored, indent=2, ensure_ascii=False)
    ctx = {"section": "traces", "span": span, "raw": raw, "trace_id": trace_id}
    return render(request, "traces/_raw.html" if request.htmx else "traces/raw.html", ctx)
