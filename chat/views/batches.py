"""Questions that an endpoint answers for a labeling session, for who runs sessions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chat import batch_running, batching, running
from chat.access import batches_for, endpoints_for, get_batch_for
from chat.forms.batch import BatchForm
from chat.models import Batch
from chat.questions_file import MOST, Reading
from chat.turns import TurnRefused
from chat.wording import words_for
from labeling.views.guards import managers_only
from reviewapp.lib.requests import UserRequest

PAGE = 30  # batches
SHOWN = 20  # questions of a preview
FAILURES = 100  # listed


@require_safe
@login_required
def batches(request: UserRequest) -> HttpResponse:
    page = Paginator(batches_for(request.user), PAGE).get_page(request.GET.get("page"))
    rows = [(batch, batching.progress_of(batch)) for batch in page.object_list]
    return render(request, "chat/batches.html", {"page": page, "rows": rows, "section": "chat"})


@login_required
@managers_only
def batch_new(request: UserRequest) -> HttpResponse:
    """Choose session and endpoint, give the questions, look at them, and go."""
    if request.method != "POST":
        initial = {"session": request.GET.get("session"), "endpoint": request.GET.get("endpoint")}
        return form_page(request, BatchForm(endpoints=endpoints_for(request.user), initial=initial))
    form = BatchForm(request.POST, request.FILES, endpoints=endpoints_for(request.user))
    if not form.is_valid():
        return form_page(request, form.with_text(), status=422)
    reading = form.reading()
    if "go" not in request.POST or not reading.questions:
        return form_page(request, form.with_text(), reading, status=200 if reading.questions else 422)
    chosen = form.cleaned_data
    made = batching.begin(chosen["session"], chosen["endpoint"], reading.questions, by=request.user)
    batch_running.start_soon(made.pk)
    return redirect("chat:batch", made.pk)


@require_safe
@login_required
@managers_only
def batch_of_session(request: UserRequest, session_id: UUID) -> HttpResponse:
    """The same, from the page of the session that the answers go to."""
    return redirect(f"{reverse('chat:batch-new')}?{urlencode({'session': session_id})}")


def form_page(request: UserRequest, form: BatchForm, reading: Reading | None = None, status: int = 200) -> HttpResponse:
    ctx = {"form": form, "reading": reading, "most": MOST, "shown": SHOWN, "section": "chat"}
    return render(request, "chat/batch_new.html", ctx, status=status)


@require_safe
@never_cache
@login_required
def batch(request: UserRequest, batch_id: UUID) -> HttpResponse:
    found = get_batch_for(request.user, batch_id)
    return render(request, "chat/batch.html", shown(found) | {"section": "chat"})


@require_safe
@never_cache
@login_required
def batch_progress(request: UserRequest, batch_id: UUID) -> HttpResponse:
    """The part that changes while answers come."""
    found = get_batch_for(request.user, batch_id)
    return render(request, "chat/_batch_progress.html", shown(found))


def shown(found: Batch) -> dict[str, Any]:
    progress = batching.progress_of(found)
    failed = [(each, words_for(each.turn)) for each in batching.failed_of(found)[:FAILURES] if each.turn]
    is_working = found.pk in batch_running.workers or progress.n_running > 0
    return {"batch": found, "progress": progress, "failed": failed, "is_working": is_working}


@require_POST
@login_required
def batch_go_on(request: UserRequest, batch_id: UUID) -> HttpResponse:
    """Ask what was not asked yet, and what got no answer, again."""
    found = get_batch_for(request.user, batch_id)
    batching.settle_lost(found)
    batch_running.start_soon(found.pk)
    return redirect("chat:batch", found.pk)


@require_POST
@login_required
def batch_hold(request: UserRequest, batch_id: UUID) -> HttpResponse:
    found = get_batch_for(request.user, batch_id)
    batch_running.hold(found.pk)
    return redirect("chat:batch", found.pk)


@require_POST
@login_required
def batch_retry(request: UserRequest, batch_id: UUID, question_id: int) -> HttpResponse:
    found = get_batch_for(request.user, batch_id)
    question = get_object_or_404(found.questions, pk=question_id)
    try:
        running.start_soon(batching.retry(question).pk)
    except TurnRefused as refusal:
        messages.warning(request, str(refusal))
    return redirect("chat:batch", found.pk)
