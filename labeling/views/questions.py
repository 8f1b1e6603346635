"""The library of questions."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.forms.question import LibraryQuestionForm, QuestionForm
from labeling.inputs import input_of
from labeling.library import library_of
from labeling.models import LabelingSession, LabelSchema
from labeling.questionnaire import Questionnaire
from labeling.views.guards import managers_only
from labeling.writing_questions import ask, revise
from reviewapp.lib.requests import UserRequest

QUESTIONS = 50  # on a page
SESSIONS = 10  # named on a question's page


@require_safe
@login_required
@managers_only
def questions(request: UserRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip()
    page = Paginator(library_of(search), QUESTIONS).get_page(request.GET.get("page"))
    rows = [(schema, input_of(schema.current.input).summary()) for schema in page if schema.current]
    ctx = {"page": page, "rows": rows, "search": search, "section": "questions"}
    return render(request, "labeling/questions.html", ctx)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@managers_only
def new_question(request: UserRequest) -> HttpResponse:
    """Write a question for the library."""
    form = LibraryQuestionForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and ask(form, experiment=form.cleaned_data["experiment"], by=request.user):
        messages.success(request, _("The question is in the library."))
        return redirect("labeling:questions")
    ctx = {"form": form, "section": "questions"}
    return render(request, "labeling/question.html", ctx, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@managers_only
def question(request: UserRequest, schema_id: str) -> HttpResponse:
    """One question: its words, to be changed, and what they were before."""
    schema = get_object_or_404(LabelSchema.objects.select_related("current", "experiment"), pk=schema_id)
    form = QuestionForm(request.POST if request.method == "POST" else None, schema=schema)
    if form.is_bound and revise(form):
        messages.success(request, _("Saved. Earlier answers keep the words they answered."))
        return redirect("labeling:question", schema.pk)
    versions = [(version, input_of(version.input).summary()) for version in schema.versions.order_by("-number")]
    sessions = LabelingSession.objects.filter(questions__schema=schema).order_by("-created_at")[:SESSIONS]
    ctx = {"form": form, "schema": schema, "versions": versions, "sessions": sessions, "section": "questions"}
    return render(request, "labeling/question.html", ctx, status=422 if form.is_bound else 200)


@require_POST
@login_required
@managers_only
def preview_question(request: UserRequest) -> HttpResponse:
    """A question as reviewers will see it, while it is being written; nothing is kept."""
    schema_id = request.GET.get("schema")
    schema = get_object_or_404(LabelSchema.objects.select_related("current"), pk=schema_id) if schema_id else None
    form = QuestionForm(request.POST, schema=schema)
    form.is_valid()
    ctx = {"errors": form.errors.get("kind"), "fields": Questionnaire([form.draft()]).fields}
    return render(request, "labeling/_question_preview.html", ctx)
