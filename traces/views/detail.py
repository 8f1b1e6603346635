"""One trace for developers: as a conversation, as its steps over time, and raw; what was said about it beside it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from reviewapp.lib.requests import UserRequest
from reviewapp.lib.streaming import streamed
from traces.access import get_span_for, get_trace_for
from traces.models import Trace
from traces.raw import lines_of, shown, span_json
from traces.reading import conversation_of
from traces.reading.gathering import node_of
from traces.reading.waterfall import ticks_of, top_for, tree_of
from traces.showing import facts_of, page_of_spans, raw_info, seen_rows
from traces.side import Side, side_of
from traces.verdicts import Place


@require_safe
@login_required
def trace_detail(request: UserRequest, trace_id: str) -> HttpResponse:
    """Query: view (conversation, steps or raw), span (chosen), under and from (which part of the steps)."""
    trace = get_trace_for(request.user, trace_id)
    side = side_of(trace, request.user, view=request.GET.get("view", ""), span_id=request.GET.get("span", ""))
    main = {"conversation": conversation_part, "steps": steps_part, "raw": raw_part}[side.view]
    facts = facts_of(trace, request.user)
    ctx = {"section": "traces", "trace": trace, "side": side, "facts": facts, **main(request, trace, side)}
    return render(request, "traces/detail.html", ctx)


def conversation_part(request: UserRequest, trace: Trace, side: Side) -> dict[str, Any]:
    return {"conversation": conversation_of(trace)}


def steps_part(request: UserRequest, trace: Trace, side: Side) -> dict[str, Any]:
    tree = tree_of(trace)
    under = request.GET.get("under") or top_for(tree, side.place_id)
    rows = seen_rows(trace, tree, side.places, under=under, start=number_in(request), chosen=side.place_id)
    return {"tree": tree, "rows": rows, "ticks": ticks_of(tree), "under": tree.by_id.get(under)}


def raw_part(request: UserRequest, trace: Trace, side: Side) -> dict[str, Any]:
    return {"raw": raw_info(trace), "page": page_of_spans(trace, number_in(request))}


def number_in(request: UserRequest) -> int:
    """Return the query's `from`; 0 for anything that is no place."""
    start = request.GET.get("from", "")
    return int(start) if start.isascii() and start.isdecimal() and len(start) < 8 else 0


@require_safe
@login_required
def span_rows(request: UserRequest, trace_id: str) -> HttpResponse:
    """The rows under a span, from child `from` on; they come into the tree where it was closed or cut."""
    trace = get_trace_for(request.user, trace_id)
    tree = tree_of(trace)
    places: dict[str, Place] = side_of(trace, request.user).places
    rows = seen_rows(trace, tree, places, under=request.GET.get("under", ""), start=number_in(request))
    return render(request, "traces/_span_rows.html", {"rows": rows, "trace_id": trace.pk, "chosen": ""})


@require_safe
@login_required
def trace_side(request: UserRequest, trace_id: str) -> HttpResponse:
    """What stands beside the trace when a span is chosen, alone."""
    trace = get_trace_for(request.user, trace_id)
    side = side_of(trace, request.user, view=request.GET.get("view", ""), span_id=request.GET.get("span", ""))
    return render(request, "traces/_side.html", {"side": side})


@require_safe
@login_required
@never_cache
def download(request: UserRequest, trace_id: str) -> HttpResponseBase:
    """The trace as MLflow's JSON, as long as it is."""
    trace = get_trace_for(request.user, trace_id)
    response = streamed(request, lines_of(trace), content_type="application/json; charset=utf-8")
    name = content_disposition_header(as_attachment=True, filename=f"{trace.pk}.json")
    response["Content-Disposition"] = name or "attachment"
    return response


@require_safe
@login_required
def span_detail(request: UserRequest, trace_id: str, span_id: str) -> HttpResponse:
    """What went in and came out of a span; a page of its own."""
    span = get_span_for(request.user, trace_id, span_id)
    ctx = {"section": "traces", "span": span, "node": node_of(span), "trace_id": trace_id}
    return render(request, "traces/_span.html" if request.htmx else "traces/span.html", ctx)


@require_safe
@login_required
def span_raw(request: UserRequest, trace_id: str, span_id: str) -> HttpResponse:
    """The span as it is stored."""
    span = get_span_for(request.user, trace_id, span_id)
    ctx = {"section": "traces", "span": span, "raw": shown(span_json(span)), "trace_id": trace_id}
    return render(request, "traces/_raw.html" if request.htmx else "traces/raw.html", ctx)
