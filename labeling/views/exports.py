"""A session's assessments as files."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from labeling.access import get_exported_session_for
from labeling.exporting import csv_lines, json_lines
from labeling.models import LabelingSession
from reviewapp.lib.requests import UserRequest
from reviewapp.lib.streaming import streamed


@require_safe
@login_required
@never_cache
def export_jsonl(request: UserRequest, session_id: UUID) -> HttpResponseBase:
    session = get_exported_session_for(request.user, session_id)
    response = streamed(request, json_lines(session), content_type="application/jsonl; charset=utf-8")
    return named(response, session, "jsonl")


@require_safe
@login_required
@never_cache
def export_csv(request: UserRequest, session_id: UUID) -> HttpResponseBase:
    """The valid assessments; with `?all=1` also what was changed, taken back or declined."""
    session = get_exported_session_for(request.user, session_id)
    lines = csv_lines(session, everything=request.GET.get("all") == "1")
    return named(streamed(request, lines, content_type="text/csv; charset=utf-8"), session, "csv")


def named(response: HttpResponseBase, session: LabelingSession, ending: str) -> HttpResponseBase:
    name = f"{slugify(session.name, allow_unicode=True) or 'session'}.{ending}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return response
