"""Further steps of an answer that took very many, for everybody who may read the conversation they stand in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviewapp.lib.requests import UserRequest
from traces.access import get_readable_trace_for
from traces.reading import conversation_of
from traces.reading.conversation import Conversation, Step


@require_safe
@login_required
def steps(request: UserRequest, trace_id: str, span_id: str) -> HttpResponse:
    """From step `from` on, counted from 0: those of the answer in which that one is this span ("-": has none)."""
    trace = get_readable_trace_for(request.user, trace_id)
    start = request.GET.get("from", "")
    if not start.isdecimal() or len(start) > 9:
        raise Http404
    found = steps_with(conversation_of(trace), int(start), span_id)
    return render(request, "traces/steps.html", {"section": "", "steps": found, "start": int(start), "trace": trace})


def steps_with(conversation: Conversation, n: int, span_id: str) -> list[Step]:
    """Return all steps of the answer whose nth is this span. Raises: Http404."""
    for message in conversation:
        if n < len(message.steps) and (message.steps[n].span_id or "-") == span_id:
            return message.steps
    raise Http404
