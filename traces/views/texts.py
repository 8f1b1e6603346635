"""The rest of a very long text, for everybody who may read the conversation it stands in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviewapp.lib.requests import UserRequest
from traces.access import get_readable_trace_for
from traces.models import Trace
from traces.reading import conversation_of
from traces.reading.gathering import node_of
from traces.reading.rendering import digest_of


@require_safe
@login_required
def text(request: UserRequest, trace_id: str, digest: str) -> HttpResponse:
    """The text with this digest, from character `from` on; for developers also one that stands in a span only."""
    trace = get_readable_trace_for(request.user, trace_id)
    texts = conversation_of(trace).texts()
    if request.user.reads_traces:
        texts = chain(texts, texts_of_spans(trace))
    found = next((text for text in texts if digest_of(text) == digest), None)
    if found is None:
        raise Http404
    start = request.GET.get("from", "0")
    rest = found[int(start) :] if start.isdecimal() and len(start) < 19 else found
    return render(request, "traces/text.html", {"section": "", "text": rest})


def texts_of_spans(trace: Trace) -> Iterator[str]:
    """Yield every text that a span's own page may cut."""
    for span in trace.spans.defer("links", "resource").iterator(chunk_size=50):
        reading = node_of(span).reading
        for message in (*reading.messages, *reading.answer):
            yield from (part.text for part in message.parts)
        yield from (document.text for document in reading.documents)
