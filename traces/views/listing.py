"""The list of traces: newest first, a page at a time, never counted."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from reviewapp.lib.requests import UserRequest
from traces.access import traces_for
from traces.forms import TraceFilter
from traces.models import Assessment, Trace

PAGE_SIZE = 50
LISTED = (
    "trace_id", "experiment", "state", "request_time", "execution_duration_ms", "request_preview", "response_preview",
    "name",
)  # fmt: skip


@require_safe
@login_required
def trace_list(request: UserRequest) -> HttpResponse:
    traces = traces_for(request.user)
    form = TraceFilter(request.GET)
    if form.is_valid():
        traces = form.narrow(traces)
    page = after(traces, request.GET.get("after", ""))
    rows = list(page.only(*LISTED).prefetch_related(valid_assessments())[: PAGE_SIZE + 1])
    ctx = {
        "section": "traces",
        "form": form,
        "traces": rows[:PAGE_SIZE],
        "next": cursor_of(rows[PAGE_SIZE - 1]) if len(rows) > PAGE_SIZE else "",
        "is_first": "after" not in request.GET,
        "query": query_without_cursor(request),
    }
    return render(request, "traces/list.html", ctx)


def valid_assessments() -> Prefetch:
    return Prefetch("assessments", queryset=Assessment.objects.filter(valid=True), to_attr="judged")


def after(traces: QuerySet[Trace], cursor: str) -> QuerySet[Trace]:
    """Leave out what stands before the cursor `time,trace_id`; an unreadable one leaves out nothing."""
    time, _, trace_id = cursor.rpartition(",")
    at = time_in(time)
    if at is None:
        return traces
    # The first condition is what the index can use; the second leaves out the same moment's others.
    return traces.filter(Q(request_time__lt=at) | Q(trace_id__lt=trace_id), request_time__lte=at)


def time_in(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):  # the latter at the edge of time
        return None


def cursor_of(trace: Trace) -> str:
    return f"{trace.request_time.isoformat()},{trace.trace_id}"


def query_without_cursor(request: UserRequest) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    return query.urlencode()
