"""Set-up, part 2: which questions, in which order, and when each is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.access import get_managed_session_for
from labeling.builtin import built_in
from labeling.conditions import condition_from, without_broken_conditions
from labeling.forms.question import QuestionForm
from labeling.library import built_in_for, questions_of, schema_for
from labeling.models import LabelingSession, LabelSchema, QuestionSpec
from labeling.views.setup_page import SetupPage, changed, show_part
from labeling.writing_questions import ask, revise
from reviewapp.lib.requests import UserRequest


@transaction.atomic
def rearrange(session: LabelingSession, change: Callable[[list[QuestionSpec]], list[QuestionSpec]]) -> list[str]:
    """Put `change` of the session's questions in their place, one manager after the other.

    Return the titles of those that lost their condition, because what they depended on is not above them now.
    """
    LabelingSession.objects.select_for_update(no_key=True).get(pk=session.pk)
    specs = [QuestionSpec(each.schema, each.is_required, each.show_if) for each in questions_of(session)]
    wanted = change(specs)
    kept = without_broken_conditions(wanted)
    session.set_questions(kept)
    return [
        str(old.schema.current.title)
        for old, new in zip(wanted, kept, strict=True)
        if old.show_if != new.show_if and old.schema.current
    ]


def rearranged(request: UserRequest, session: LabelingSession, freed: list[str]) -> HttpResponse:
    """Answer with the questions, and say which are always asked from now on."""
    if freed and not request.htmx:
        messages.warning(request, words_for(freed))
    return changed(request, SetupPage(session, notice=words_for(freed)), "questions")


def words_for(freed: list[str]) -> str:
    if not freed:
        return ""
    titles = ", ".join(f"“{title}”" for title in freed)
    return _("Asked always from now on, as what it depended on is not above it any more: %(titles)s") % {
        "titles": titles
    }


def place_of(specs: list[QuestionSpec], schema_id: str) -> int:
    for place, spec in enumerate(specs):
        if spec.schema.pk == schema_id:
            return place
    raise Http404("the session does not ask this question")


@require_safe
@login_required
def setup_questions(request: UserRequest, session_id: UUID) -> HttpResponse:
    session = get_managed_session_for(request.user, session_id)
    return show_part(request, SetupPage(session), "questions")


@require_POST
@login_required
def add_question(request: UserRequest, session_id: UUID) -> HttpResponse:
    """Ask a question of the library, or a built-in one, last."""
    session = get_managed_session_for(request.user, session_id)
    if (name := request.POST.get("built_in", "")) in built_in():
        schema = built_in_for(session.experiment, name, by=request.user)
    else:
        chosen = get_object_or_404(LabelSchema.objects.select_related("current"), pk=request.POST.get("schema", ""))
        schema = schema_for(session.experiment, chosen, by=request.user)
    append(session, schema)
    return changed(request, SetupPage(session), "questions")


def append(session: LabelingSession, schema: LabelSchema) -> None:
    def change(specs: list[QuestionSpec]) -> list[QuestionSpec]:
        return specs if any(spec.schema == schema for spec in specs) else [*specs, QuestionSpec(schema)]

    rearrange(session, change)


@require_POST
@login_required
def remove_question(request: UserRequest, session_id: UUID, schema_id: str) -> HttpResponse:
    """Stop asking. What was answered stays."""
    session = get_managed_session_for(request.user, session_id)
    freed = rearrange(session, lambda specs: [spec for spec in specs if spec.schema.pk != schema_id])
    return rearranged(request, session, freed)


@require_POST
@login_required
def move_question(request: UserRequest, session_id: UUID, schema_id: str) -> HttpResponse:
    """One place up or down."""
    session = get_managed_session_for(request.user, session_id)
    step = -1 if request.POST.get("direction") == "up" else 1

    def change(specs: list[QuestionSpec]) -> list[QuestionSpec]:
        at = place_of(specs, schema_id)
        specs.insert(max(0, at + step), specs.pop(at))
        return specs

    return rearranged(request, session, rearrange(session, change))


@require_POST
@login_required
def order_questions(request: UserRequest, session_id: UUID) -> HttpResponse:
    """The order as it was dragged; questions it does not name come last."""
    session = get_managed_session_for(request.user, session_id)
    wanted = {schema_id: place for place, schema_id in enumerate(request.POST.getlist("schema"))}
    freed = rearrange(session, lambda specs: sorted(specs, key=lambda spec: wanted.get(spec.schema.pk, len(wanted))))
    return rearranged(request, session, freed)


@require_POST
@login_required
def set_question(request: UserRequest, session_id: UUID, schema_id: str) -> HttpResponse:
    """Whether an answer is needed, and when the question is asked."""
    session = get_managed_session_for(request.user, session_id)
    depends_on = request.POST.get("when", "")
    raw = request.POST.getlist(f"when-{depends_on}")
    is_pending = bool(depends_on) and not raw  # no answer is ticked yet: the condition stays as it was

    def change(specs: list[QuestionSpec]) -> list[QuestionSpec]:
        at = place_of(specs, schema_id)
        above = {spec.schema.name: spec.schema for spec in specs[:at]}
        show_if = condition_from(above[depends_on], raw) if depends_on in above else {}
        show_if = specs[at].show_if if is_pending else show_if
        specs[at] = replace(specs[at], is_required="is_required" in request.POST, show_if=show_if)
        return specs

    rearrange(session, change)
    if is_pending:
        page = SetupPage(session, opened=schema_id, pending=depends_on)
        return show_part(request, page, "questions", status=422)
    return changed(request, SetupPage(session, opened=schema_id), "questions")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_question(request: UserRequest, session_id: UUID) -> HttpResponse:
    """Write a question for this session; it joins the library."""
    session = get_managed_session_for(request.user, session_id)
    if request.method != "POST":
        return show_part(request, SetupPage(session, question_form=QuestionForm()), "questions")
    form = QuestionForm(request.POST)
    schema = ask(form, experiment=session.experiment, by=request.user)
    if schema is None:
        return show_part(request, SetupPage(session, question_form=form), "questions", status=422)
    append(session, schema)
    return changed(request, SetupPage(session), "questions")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit_question(request: UserRequest, session_id: UUID, schema_id: str) -> HttpResponse:
    """Write the next version of a question; earlier answers keep theirs."""
    session = get_managed_session_for(request.user, session_id)
    schema = get_object_or_404(
        LabelSchema.objects.select_related("current"), pk=schema_id, experiment=session.experiment
    )
    form = QuestionForm(request.POST if request.method == "POST" else None, schema=schema)
    if request.method != "POST" or not revise(form):
        status = 422 if request.method == "POST" else 200
        return show_part(request, SetupPage(session, question_form=form), "questions", status=status)
    return changed(request, SetupPage(session), "questions")
