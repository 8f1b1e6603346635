"""Answers of the chat into a labeling session, for who runs sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from chat.access import get_conversation_for, get_turn_for
from chat.forms.to_session import AnswersForm, TargetForm
from chat.models import Conversation, Turn
from chat.to_session import MOST, Put, answered, answers_in, new_session, put, sessions_for
from labeling.views.guards import managers_only
from reviewapp.lib.requests import UserRequest
from traces.models import Experiment

ROWS = 20  # of the preview
MENU_ROWS = 6  # sessions in the menu of a conversation
LISTED = ("message", "text", "refusal", "state", "started_at", "trace", "conversation__title")


@dataclass
class Chosen:
    """The answers that a request is about: of one conversation, a single one, or all that a filter finds."""

    experiment: Experiment
    answers: QuerySet[Turn]
    data: dict[str, str]  # the choice again, for a form
    form: AnswersForm | None = None
    conversation: Conversation | None = None
    is_one: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    def count(self) -> None:
        """Count what there is to put, up to MOST + 1."""
        found = self.answers.order_by().values("pk", "trace")[: MOST + 1]
        traces = [row["trace"] for row in found]
        self.counts = {"n": len(traces), "n_without_trace": sum(trace is None for trace in traces)}

    @property
    def rows(self) -> list[Turn]:
        parts = ("conversation__endpoint", "conversation__user")
        listed = (*LISTED, *parts)
        return list(self.answers.select_related(*parts).only(*listed)[:ROWS])


def chosen_by(user: User, data: QueryDict) -> Chosen | AnswersForm:
    """Return the choice, or the form that says what is wrong with the filter. Raises: Http404."""
    if "turn" in data:
        turn = get_turn_for(user, uuid_in(data["turn"]))
        one = Turn.objects.filter(answered(), pk=turn.pk)
        talk = turn.conversation
        return Chosen(talk.endpoint.experiment, one, {"turn": str(turn.pk)}, conversation=talk, is_one=True)
    if "conversation" in data:
        talk = get_conversation_for(user, uuid_in(data["conversation"]))
        return Chosen(talk.endpoint.experiment, answers_in(talk), {"conversation": str(talk.pk)}, conversation=talk)
    experiment = data.get("experiment") or latest_experiment()
    form = AnswersForm(data.dict() | {"experiment": experiment} if experiment else None)
    if not form.is_valid():
        return form
    kept = {name: data.get(name, "") for name in form.fields} | {"experiment": str(form.cleaned_data["experiment"].pk)}
    return Chosen(form.cleaned_data["experiment"], form.wanted().answers(), kept, form=form)


def latest_experiment() -> int | None:
    """Return the experiment of the last answer, or of any endpoint."""
    last = Turn.objects.order_by("-started_at").values_list("conversation__endpoint__experiment", flat=True).first()
    return last or Experiment.objects.exclude(endpoints=None).values_list("pk", flat=True).first()


def uuid_in(text: object) -> UUID:
    """Raises: Http404."""
    try:
        return UUID(str(text))
    except ValueError as error:
        raise Http404("no such id") from error


@require_safe
@login_required
@managers_only
def to_session(request: UserRequest) -> HttpResponse:
    """Choose answers, see how many there are, and say where they go."""
    chosen = chosen_by(request.user, request.GET)
    if isinstance(chosen, AnswersForm):
        is_wrong = "experiment" in request.GET
        ctx = {"form": chosen, "section": "chat"}
        return render(request, "chat/to_session.html", ctx, status=422 if is_wrong else 200)
    return show(request, chosen, TargetForm(experiment=chosen.experiment))


def show(request: UserRequest, chosen: Chosen, target: TargetForm, status: int = 200) -> HttpResponse:
    chosen.count()
    ctx = {"chosen": chosen, "form": chosen.form, "target": target, "most": MOST, "section": "chat"}
    return render(request, "chat/to_session.html", ctx, status=status)


@require_POST
@login_required
@managers_only
def to_session_put(request: UserRequest) -> HttpResponse:
    chosen = chosen_by(request.user, request.POST)
    if isinstance(chosen, AnswersForm):
        return render(request, "chat/to_session.html", {"form": chosen, "section": "chat"}, status=422)
    target = TargetForm(request.POST, experiment=chosen.experiment)
    if not target.is_valid():
        return show(request, chosen, target, status=422)
    if not chosen.answers.exclude(trace=None).exists():
        messages.warning(request, _("Nothing was put into a session: there is no recorded answer among them."))
        return show(request, chosen, target, status=422)
    session = target.chosen() or new_session(chosen.experiment, by=request.user)
    messages.success(request, in_words(put(chosen.answers, session)))
    return redirect("labeling:setup", session.pk)


@require_safe
@login_required
@managers_only
def to_session_menu(request: UserRequest) -> HttpResponse:
    """The sessions that a conversation, or one answer, can go into at a click."""
    chosen = chosen_by(request.user, request.GET)
    if isinstance(chosen, AnswersForm) or chosen.conversation is None:
        raise Http404("of no conversation")
    ctx = {"chosen": chosen, "sessions": sessions_for(chosen.experiment)[:MENU_ROWS]}
    return render(request, "chat/_to_session_menu.html", ctx)


def in_words(result: Put) -> str:
    said = [ngettext("%(n)d answer is now in the session.", "%(n)d answers are now in the session.", result.n_added)]
    numbers = [result.n_added]
    if result.n_there:
        said.append(ngettext("%(n)d was in it before.", "%(n)d were in it before.", result.n_there))
        numbers.append(result.n_there)
    if result.n_without_trace:
        words = ngettext("%(n)d has no record yet and stays out.", "%(n)d have no record yet and stay out.",
                         result.n_without_trace)  # fmt: skip
        said.append(words)
        numbers.append(result.n_without_trace)
    if result.n_elsewhere:
        words = ngettext("%(n)d was recorded in another experiment and stays out.",
                         "%(n)d were recorded in another experiment and stay out.", result.n_elsewhere)  # fmt: skip
        said.append(words)
        numbers.append(result.n_elsewhere)
    return " ".join(sentence % {"n": n} for sentence, n in zip(said, numbers, strict=True))
