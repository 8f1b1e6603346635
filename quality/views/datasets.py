"""The list of datasets, one dataset with its records, what it is called, and its records to take away."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from quality import exporting
from quality.access import datasets_for, get_dataset_for
from quality.destinations import destinations_of
from quality.editing import change
from quality.finding import found_datasets, found_records
from quality.forms.dataset import DatasetForm
from quality.models import EvaluationDataset
from quality.showing import question_of, rows_of
from reviewapp.lib.requests import UserRequest
from reviewapp.lib.streaming import streamed

PAGE = 50


@require_safe
@login_required
def datasets(request: UserRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip()
    found = found_datasets(datasets_for(request.user), search).prefetch_related("experiments")
    page = Paginator(found.order_by("-updated_at", "pk"), PAGE).get_page(request.GET.get("page"))
    return render(request, "quality/datasets.html", {"page": page, "search": search, "section": "datasets"})


@require_safe
@login_required
def dataset(request: UserRequest, dataset_id: str) -> HttpResponse:
    found = get_dataset_for(request.user, dataset_id)
    search = request.GET.get("q", "").strip()
    records = found_records(found.records.kept(), search).order_by("created_at", "record_id")
    page = Paginator(records, PAGE).get_page(request.GET.get("page"))
    removed = found.records.exclude(removed_at=None).filter(pk=request.GET.get("removed", "")).first()
    ctx = {
        "dataset": found, "page": page, "rows": rows_of(list(page.object_list)), "search": search,
        "destinations": destinations_of(found, request.user), "experiments": found.experiments.order_by("name"),
        "tags": {key: value for key, value in found.tags.items() if not key.startswith("mlflow.")},
        "removed": removed, "removed_question": question_of(removed.inputs, limit=80) if removed else "",
        "section": "datasets",
    }  # fmt: skip
    return render(request, "quality/dataset.html", ctx)


@require_safe
@login_required
def destinations(request: UserRequest, dataset_id: str) -> HttpResponse:
    """How the dataset stands where it was sent."""
    found = get_dataset_for(request.user, dataset_id)
    ctx = {"dataset": found, "destinations": destinations_of(found, request.user)}
    return render(request, "quality/_destinations.html", ctx)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit_dataset(request: UserRequest, dataset_id: str) -> HttpResponse:
    found = get_dataset_for(request.user, dataset_id)
    form = DatasetForm(request.POST or None, dataset=found)
    if form.is_bound and form.is_valid():
        change(found, **form.cleaned_data, by=request.user.email)
        messages.success(request, _("Saved."))
        return redirect(found)
    ctx = {"dataset": found, "form": form, "section": "datasets"}
    return render(request, "quality/edit.html", ctx, status=422 if form.is_bound else 200)


@require_safe
@login_required
@never_cache
def export_jsonl(request: UserRequest, dataset_id: str) -> HttpResponseBase:
    found = get_dataset_for(request.user, dataset_id)
    return download(request, found, exporting.json_lines(found), "jsonl", "application/jsonl; charset=utf-8")


@require_safe
@login_required
@never_cache
def export_csv(request: UserRequest, dataset_id: str) -> HttpResponseBase:
    found = get_dataset_for(request.user, dataset_id)
    return download(request, found, exporting.csv_lines(found), "csv", "text/csv; charset=utf-8")


def download(
    request: UserRequest, dataset: EvaluationDataset, lines: Iterator[str], ending: str, content_type: str
) -> HttpResponseBase:
    response = streamed(request, lines, content_type=content_type)
    name = f"{slugify(dataset.name, allow_unicode=True) or 'dataset'}.{ending}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return response
