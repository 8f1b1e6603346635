"""The pages that change a list of questions: which, in which order, and when each is asked.

A room that asks questions makes them with `arranging_urls`, and says in a `Place` how they are answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.arranging import Asking, append, move, order, remove, settle
from labeling.builtin import built_in
from labeling.forms.question import QuestionForm
from labeling.library import built_in_for, schema_for
from labeling.models import LabelSchema
from labeling.views.asked import Asked
from labeling.writing_questions import ask, revise
from reviewapp.lib.requests import UserRequest


class Place(Protocol):
    """The part of a page that a list of questions stands in."""

    @property
    def asking(self) -> Asking: ...

    def show(self, request: UserRequest, asked: Asked, *, status: int = 200) -> HttpResponse: ...

    def changed(self, request: UserRequest, asked: Asked) -> HttpResponse:
        """Answer a change that is saved."""


View = Callable[..., HttpResponse]


def arranging_urls(look_up: Callable[..., Place], name: str) -> list[URLPattern]:
    """Return the pages below a list's address, named `<name>s`, `<name>-add` …

    `look_up(user, …)` gets what the address holds besides, finds the place, and refuses who may not.
    """

    def to(view: View, guard: Callable[[View], View]) -> View:
        @guard
        @login_required
        def found(request: UserRequest, schema_id: str = "", **where: Any) -> HttpResponse:
            place = look_up(request.user, **where)
            return view(request, place, schema_id) if schema_id else view(request, place)

        return found

    either = require_http_methods(["GET", "HEAD", "POST"])
    return [
        path("", to(show_questions, require_safe), name=f"{name}s"),
        path("add/", to(add_question, require_POST), name=f"{name}s-add"),
        path("order/", to(order_questions, require_POST), name=f"{name}s-order"),
        path("new/", to(new_question, either), name=f"{name}-new"),
        path("<str:schema_id>/edit/", to(edit_question, either), name=f"{name}-edit"),
        path("<str:schema_id>/move/", to(move_question, require_POST), name=f"{name}-move"),
        path("<str:schema_id>/set/", to(set_question, require_POST), name=f"{name}-set"),
        path("<str:schema_id>/remove/", to(remove_question, require_POST), name=f"{name}-remove"),
    ]


def show_questions(request: UserRequest, place: Place) -> HttpResponse:
    return place.show(request, Asked(place.asking))


def add_question(request: UserRequest, place: Place) -> HttpResponse:
    """Ask a question of the library, or a built-in one, last."""
    experiment = place.asking.experiment
    if (name := request.POST.get("built_in", "")) in built_in():
        schema = built_in_for(experiment, name, by=request.user)
    else:
        chosen = get_object_or_404(LabelSchema.objects.select_related("current"), pk=request.POST.get("schema", ""))
        schema = schema_for(experiment, chosen, by=request.user)
    append(place.asking, schema)
    return place.changed(request, Asked(place.asking))


def remove_question(request: UserRequest, place: Place, schema_id: str) -> HttpResponse:
    """Stop asking. What was answered stays."""
    return rearranged(request, place, remove(place.asking, schema_id))


def move_question(request: UserRequest, place: Place, schema_id: str) -> HttpResponse:
    """One place up or down."""
    step = -1 if request.POST.get("direction") == "up" else 1
    try:
        return rearranged(request, place, move(place.asking, schema_id, step))
    except LookupError as error:
        raise Http404(str(error)) from error


def order_questions(request: UserRequest, place: Place) -> HttpResponse:
    """The order as it was dragged."""
    return rearranged(request, place, order(place.asking, request.POST.getlist("schema")))


def rearranged(request: UserRequest, place: Place, freed: list[str]) -> HttpResponse:
    """Answer with the questions, and say which are always asked from now on."""
    if freed and not request.htmx:
        messages.warning(request, words_for(freed))
    return place.changed(request, Asked(place.asking, notice=words_for(freed)))


def words_for(freed: list[str]) -> str:
    if not freed:
        return ""
    titles = ", ".join(f"“{title}”" for title in freed)
    return _("Asked always from now on, as what it depended on is not above it any more: %(titles)s") % {
        "titles": titles
    }


def set_question(request: UserRequest, place: Place, schema_id: str) -> HttpResponse:
    """Whether an answer is needed, and when the question is asked."""
    depends_on = request.POST.get("when", "")
    raw = request.POST.getlist(f"when-{depends_on}")
    is_required = "is_required" in request.POST
    try:
        is_pending = settle(place.asking, schema_id, is_required=is_required, depends_on=depends_on, raw=raw)
    except LookupError as error:
        raise Http404(str(error)) from error
    if is_pending:
        return place.show(request, Asked(place.asking, opened=schema_id, pending=depends_on), status=422)
    return place.changed(request, Asked(place.asking, opened=schema_id))


def new_question(request: UserRequest, place: Place) -> HttpResponse:
    """Write a question for this list; it joins the library."""
    if request.method != "POST":
        return place.show(request, Asked(place.asking, form=QuestionForm()))
    form = QuestionForm(request.POST)
    schema = ask(form, experiment=place.asking.experiment, by=request.user)
    if schema is None:
        return place.show(request, Asked(place.asking, form=form), status=422)
    append(place.asking, schema)
    return place.changed(request, Asked(place.asking))


def edit_question(request: UserRequest, place: Place, schema_id: str) -> HttpResponse:
    """Write the next version of a question; earlier answers keep theirs."""
    schemas = LabelSchema.objects.select_related("current").filter(experiment=place.asking.experiment)
    schema = get_object_or_404(schemas, pk=schema_id)
    form = QuestionForm(request.POST if request.method == "POST" else None, schema=schema)
    if request.method != "POST" or not revise(form):
        return place.show(request, Asked(place.asking, form=form), status=422 if form.is_bound else 200)
    return place.changed(request, Asked(place.asking))
