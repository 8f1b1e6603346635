"""The explorer: the list of traces, what arrives meanwhile, and what can stand in its filter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviewapp.lib.requests import UserRequest
from traces.access import traces_for
from traces.explorer import known
from traces.explorer.actions import actions_for
from traces.explorer.chips import chips_of, menus_of, sorts_of
from traces.explorer.completing import complete
from traces.explorer.query import MOST_CHOSEN, Query
from traces.explorer.rows import LISTED, headings, rows_of
from traces.forms import SavedViewForm, TagForm
from traces.models import SavedView, Trace
from traces.search import FilterError, Page
from traces.search.grammar import MAX_LENGTH
from traces.search.ordering import order_of
from traces.search.tokens import token_of

MOST_COUNTED = 99  # traces that came in since
DELETED = "traces.deleted"  # salt of the token by which a deletion is undone
UNDO_S = 600
EXAMPLE = "status = 'ERROR' AND feedback.correct = 'false'"  # in the empty filter


@dataclass(frozen=True)
class Fault:
    """What is wrong with the filter, and where: the text before the place, at it, and behind it."""

    message: str
    before: str
    at: str
    behind: str

    @classmethod
    def of(cls, error: FilterError, text: str) -> Fault:
        match = re.compile(r"'[^']*'?|[\w.`\"-]+|\S").match(text, error.position)
        end = match.end() if match else error.position
        return cls(error.message, text[: error.position], text[error.position : end], text[end:])


@require_safe
@login_required
def trace_list(request: UserRequest) -> HttpResponse:
    traces_for(request.user)
    query = Query.of(request.GET)
    token = request.GET.get("page", "")
    page, fault = Page(), None
    try:
        page = query.page(token, fields=LISTED)
    except FilterError as error:
        fault = Fault.of(error, query.filter)
    ctx = context_of(request, query, page, fault, is_first=not token)
    return render(request, "traces/list.html", ctx, status=422 if fault else 200)


def context_of(
    request: UserRequest, query: Query, page: Page, fault: Fault | None, *, is_first: bool
) -> dict[str, Any]:
    names = known.assessment_names()
    return {
        "section": "traces",
        "query": query,
        "address": query.address(),
        "search_fields": query.pairs("filter", "text"),
        "column_fields": query.pairs("column"),
        "fault": fault,
        "page": page,
        "is_first": is_first,
        "rows": rows_of(page.traces, query.column),
        "headings": headings(query.column),
        "chips": chips_of(query),
        "menus": menus_of(query),
        "sorts": sorts_of(query),
        "names": [(name, name in query.column) for name in dict.fromkeys([*query.column, *names])],
        "views": SavedView.objects.seen_by(request.user),
        "view_form": SavedViewForm(),
        "tag_form": TagForm(),
        "actions": actions_for(request.user),
        "most_chosen": MOST_CHOSEN,
        "max_length": MAX_LENGTH,
        "example": EXAMPLE,
        "newest": newest_of(page) if is_first and query.is_newest_first and not fault else "",
        "deleted": deleted_in(request.GET.get("deleted", "")),
    }


def newest_of(page: Page) -> str:
    """Return the place above the first row, from which is counted what came in; "all" where there is no row."""
    return token_of(order_of([]).key_of(page.traces[0]), is_back=True) if page.traces else "all"


def deleted_in(token: str) -> str:
    """Return the token if what it names can still be had back."""
    try:
        at = datetime.fromisoformat(signing.loads(token, salt=DELETED, max_age=UNDO_S))
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return token if Trace.objects.filter(deleted_at=at).exists() else ""


@require_safe
@login_required
def arrived(request: UserRequest) -> HttpResponse:
    """How many traces that fit the query stand above a place now."""
    traces_for(request.user)
    query = Query.of(request.GET)
    place = request.GET.get("newest", "")
    try:
        page = query.page("" if place == "all" else place, size=MOST_COUNTED + 1, fields=["trace_id"])
    except FilterError:
        page = Page()
    ctx = {"n": len(page.traces), "most": MOST_COUNTED, "address": query.address()}
    return render(request, "traces/_arrived.html", ctx)


@require_safe
@login_required
def completions(request: UserRequest) -> HttpResponse:
    """What can stand in the filter at `caret`: {start, end, options: [{text, label, kind}]}."""
    traces_for(request.user)
    text = request.GET.get("filter", "")[:MAX_LENGTH]
    caret = request.GET.get("caret", "")
    found = complete(text, min(int(caret), len(text)) if re.fullmatch(r"[0-9]{1,5}", caret) else len(text))
    options = [
        {"text": each.text, "label": each.label or each.text.strip(), "kind": each.kind} for each in found.options
    ]
    return JsonResponse({"start": found.start, "end": found.end, "options": options})
