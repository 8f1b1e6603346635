"""A file of a trace, for everybody who may read its conversation. Nothing in it is ever run.

An image or a recording of a known type is shown; anything else is downloaded, whatever it claims to be. The type is
what the reference says: with `nosniff`, and a policy that allows nothing, a lie makes a broken image and no more.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from reviewapp.lib.requests import UserRequest
from traces.access import get_readable_trace_for
from traces.attachments import ID, SHOWN, open_attachment

DAY_S = 24 * 60 * 60
POLICY = "default-src 'none'; sandbox"


@require_safe
@login_required
def attachment(request: UserRequest, trace_id: str, attachment_id: str) -> HttpResponse:
    """Query: type, as the reference says it. A part of a recording may be asked for, as players do."""
    trace = get_readable_trace_for(request.user, trace_id)
    content = open_attachment(trace.pk, attachment_id) if ID.fullmatch(attachment_id) else None
    if content is None:
        raise Http404
    told = request.GET.get("type", "")
    is_shown = told in SHOWN
    answer = part_of(content, request.headers.get("range", ""))
    answer["Content-Type"] = told if is_shown else "application/octet-stream"
    answer["Content-Disposition"] = content_disposition_header(not is_shown, attachment_id) or "inline"
    answer["Accept-Ranges"] = "bytes"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Content-Security-Policy"] = POLICY
    patch_cache_control(answer, private=True, max_age=DAY_S, immutable=True)
    return answer


def part_of(content: bytes, wanted: str) -> HttpResponse:
    """Return the bytes of a simple `Range: bytes=from-to`, or all of them."""
    unit, _, span = wanted.partition("=")
    first, dash, last = span.strip().partition("-")
    numbers = all(each.isascii() and each.isdigit() and len(each) < 19 for each in (first, last or "0"))
    if unit.strip() != "bytes" or not dash or not numbers:
        return HttpResponse(content)
    start, end = int(first), min(int(last) if last else len(content) - 1, len(content) - 1)
    if start > end:
        answer = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{len(content)}"
        return answer
    answer = HttpResponse(content[start : end + 1], status=206)
    answer["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    return answer
