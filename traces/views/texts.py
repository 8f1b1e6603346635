"""The rest of a very long text, for everybody who may read the conversation it stands in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviewapp.lib.requests import UserRequest
from traces.access import get_readable_trace_for
from traces.reading import conversation_of
from traces.reading.rendering import digest_of


@require_safe
@login_required
def text(request: UserRequest, trace_id: str, digest: str) -> HttpResponse:
    """The text with this digest, from character `from` on."""
    conversation = conversation_of(get_readable_trace_for(request.user, trace_id))
    found = next((text for text in conversation.texts() if digest_of(text) == digest), None)
    if found is None:
        raise Http404
    start = request.GET.get("from", "0")
    rest = found[int(start) :] if start.isdecimal() and len(start) < 19 else found
    return render(request, "traces/text.html", {"section": "", "text": rest})
