"""One record: to read with where it comes from, to change, to remove, and to have back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from quality import editing
from quality.access import get_record_for
from quality.forms.record import RecordForm
from quality.models import DatasetRecord
from quality.showing import rows_of
from reviewapp.lib.requests import UserRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def record(request: UserRequest, dataset_id: str, record_id: str) -> HttpResponse:
    found = get_record_for(request.user, dataset_id, record_id)
    if found.removed_at is not None:
        raise Http404("was removed")
    form = RecordForm(request.POST or None, record=found)
    if form.is_bound and form.is_valid() and kept(request, found, form):
        return redirect(f"{address_of(found)}?edited=1")
    (row,) = rows_of([found])
    ctx = {
        "dataset": found.dataset, "row": row, "form": form,
        "is_edited": "edited" in request.GET and bool(found.revisions), "section": "datasets",
    }  # fmt: skip
    return render(request, "quality/record.html", ctx, status=422 if form.is_bound else 200)


def kept(request: UserRequest, found: DatasetRecord, form: RecordForm) -> bool:
    said = form.cleaned_data
    try:
        editing.edit(found, inputs=said["inputs"], expectations=said["expectations"], by=request.user.email)
    except editing.SameInputs:
        form.add_error("inputs", _("Another record of this dataset has these inputs."))
        return False
    return True


def address_of(record: DatasetRecord) -> str:
    return reverse("quality:record", args=[record.dataset_id, record.pk])


@require_POST
@login_required
def undo_edit(request: UserRequest, dataset_id: str, record_id: str) -> HttpResponse:
    found = get_record_for(request.user, dataset_id, record_id)
    if editing.undo_edit(found, by=request.user.email):
        messages.success(request, _("The record says again what it said before."))
    else:
        messages.warning(request, _("There is nothing to undo."))
    return redirect(address_of(found))


@require_POST
@login_required
def remove(request: UserRequest, dataset_id: str, record_id: str) -> HttpResponse:
    found = get_record_for(request.user, dataset_id, record_id)
    editing.remove(found, by=request.user.email)
    return redirect(f"{found.dataset.get_absolute_url()}?removed={found.pk}")


@require_POST
@login_required
def restore(request: UserRequest, dataset_id: str, record_id: str) -> HttpResponse:
    found = get_record_for(request.user, dataset_id, record_id)
    editing.restore(found, by=request.user.email)
    messages.success(request, _("The record is back."))
    return redirect(found.dataset)
