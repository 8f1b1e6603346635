"""Two endpoints side by side: ask both, say which answer is better, then see whose it is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chat import comparing, running, turns
from chat.access import endpoints_for, get_comparison_for, get_conversation_for, get_round_for
from chat.beside import ShownRound, comparisons_of, may_ask, names_of, rounds_of
from chat.forms.comparison import AskForm, PairForm, VerdictForm, WhyForm
from chat.models import Comparison, Conversation, Round, Turn
from chat.turns import TurnRefused
from chat.views.to_session import uuid_in
from reviewapp.lib.requests import UserRequest
from traces.ingest.incoming import clean_text

PAGE = 30  # comparisons


@require_safe
@login_required
def comparisons(request: UserRequest) -> HttpResponse:
    """The person's comparisons, and a form for another; `?from=` takes endpoint and message from a conversation.

    `?archived=1` shows those that were put away.
    """
    if "archived" in request.GET:
        return archived_page(request)
    initial, message = {}, ""
    if "from" in request.GET:
        talk = get_conversation_for(request.user, uuid_in(request.GET["from"]))
        initial = {"first": talk.endpoint_id}
        message = talk.turns.filter(parent=None).values_list("message", flat=True).last() or ""
    form = PairForm(endpoints=endpoints_for(request.user), initial=initial)
    return list_page(request, form, message)


def list_page(request: UserRequest, form: PairForm, message: str, status: int = 200) -> HttpResponse:
    ctx = {
        "form": form,
        "message": message,
        "n_endpoints": endpoints_for(request.user).count(),
        "has_archived": comparisons_of(request.user, archived=True).exists(),
        "section": "chat",
    }
    return render(request, "chat/comparisons.html", rows_of(request, archived=False) | ctx, status=status)


def archived_page(request: UserRequest) -> HttpResponse:
    ctx = {"is_archived": True, "section": "chat"}
    return render(request, "chat/comparisons.html", rows_of(request, archived=True) | ctx)


def rows_of(request: UserRequest, *, archived: bool) -> dict[str, Any]:
    page = Paginator(comparisons_of(request.user, archived=archived), PAGE).get_page(request.GET.get("page"))
    return {"page": page, "rows": [(each, names_of(each)) for each in page.object_list]}


@require_POST
@login_required
def comparison_new(request: UserRequest) -> HttpResponse:
    form = PairForm(request.POST, endpoints=endpoints_for(request.user))
    message = request.POST.get("message", "")[: turns.MAX_MESSAGE_LENGTH]
    if not form.is_valid():
        return list_page(request, form, message, status=422)
    made = comparing.begin(request.user, form.cleaned_data["first"], form.cleaned_data["second"], draft=message)
    return redirect(made)


@require_safe
@never_cache
@login_required
def comparison(request: UserRequest, comparison_id: UUID) -> HttpResponse:
    found = get_comparison_for(request.user, comparison_id)
    return page(request, found, AskForm.fresh(found.first.draft))


def page(request: UserRequest, found: Comparison, form: AskForm, status: int = 200) -> HttpResponse:
    rounds = rounds_of(found)
    ctx: dict[str, Any] = {
        "comparison": found,
        "rounds": rounds,
        "is_running": any(each.is_running for each in rounds),
        "last": rounds[-1].round if rounds else None,
        "ask_form": form,
        "may_ask": may_ask(request.user, found),
        "section": "chat",
    }
    return render(request, "chat/comparison.html", ctx, status=status)


@require_POST
@login_required
def comparison_ask(request: UserRequest, comparison_id: UUID) -> HttpResponse:
    """Put one message to both."""
    found = get_comparison_for(request.user, comparison_id)
    if not may_ask(request.user, found):
        raise PermissionDenied("may not chat with both any more")
    form = AskForm(request.POST)
    if not form.is_valid():
        return page(request, found, form, status=422)
    asked = form.cleaned_data
    try:
        made = comparing.ask(found, message=asked["message"], left=asked["left"], right=asked["right"])
    except TurnRefused as refusal:
        form.add_error(None, str(refusal))
        return page(request, found, form, status=422)
    for turn_id in (made.first_turn_id, made.second_turn_id):
        running.start_soon(turn_id)
    return redirect(f"{reverse('chat:comparison', args=[found.pk])}#round-{made.pk}")


@require_POST
@login_required
def comparison_draft(request: UserRequest, comparison_id: UUID) -> HttpResponse:
    """Keep what is typed and not yet sent."""
    found = get_comparison_for(request.user, comparison_id)
    text = clean_text(request.POST.get("message", ""))[: turns.MAX_MESSAGE_LENGTH]
    Conversation.objects.filter(pk=found.first_id).update(draft=text)
    return HttpResponse(status=204)


@require_POST
@login_required
def comparison_archive(request: UserRequest, comparison_id: UUID) -> HttpResponse:
    """Put it out of the list; nothing of it goes, and its verdicts count as before."""
    found = get_comparison_for(request.user, comparison_id)
    Comparison.objects.filter(pk=found.pk, archived_at=None).update(archived_at=timezone.now())
    return redirect("chat:comparisons")


@require_POST
@login_required
def comparison_restore(request: UserRequest, comparison_id: UUID) -> HttpResponse:
    found = get_comparison_for(request.user, comparison_id)
    Comparison.objects.filter(pk=found.pk).update(archived_at=None)
    return redirect(found)


@require_POST
@login_required
def comparison_stop(request: UserRequest, comparison_id: UUID) -> HttpResponse:
    """Stop whichever of the two still answers."""
    found = get_comparison_for(request.user, comparison_id)
    for turn in Turn.objects.filter(conversation__in=[found.first_id, found.second_id], state=Turn.State.RUNNING):
        turns.ask_to_stop(turn)
    return HttpResponse(status=204) if request.htmx else redirect(found)


@require_safe
@never_cache
@login_required
def show_round(request: UserRequest, round_id: int) -> HttpResponse:
    """One round, as it stands now."""
    return one_round(request, get_round_for(request.user, round_id))


def one_round(request: UserRequest, round_: Round, why: WhyForm | None = None, status: int = 200) -> HttpResponse:
    return render(request, "chat/_round.html", {"shown": ShownRound(round_, why)}, status=status)


@require_POST
@login_required
def round_judge(request: UserRequest, round_id: int) -> HttpResponse:
    """Keep the verdict; the answer shows whose the answers are."""
    round_ = get_round_for(request.user, round_id)
    form = VerdictForm(request.POST)
    if not form.is_valid():
        return one_round(request, round_, status=422)
    comparing.judge(round_, form.cleaned_data["verdict"])
    if request.htmx:
        return one_round(request, round_)
    return redirect(f"{round_.comparison.get_absolute_url()}#round-{round_.pk}")


@require_POST
@login_required
def round_why(request: UserRequest, round_id: int) -> HttpResponse:
    """Keep reasons and comment, which come after the verdict."""
    round_ = get_round_for(request.user, round_id)
    if not round_.choice:
        raise PermissionDenied("the verdict comes first")
    form = WhyForm(request.POST, round_=round_)
    if not form.is_valid():
        return one_round(request, round_, form, status=422)
    is_typing = "typing" in request.GET  # what is not finished yet does not go to the traces
    comparing.explain(round_, form.cleaned_data["reasons"], form.cleaned_data["comment"], settles=not is_typing)
    if request.htmx:
        return one_round(request, round_)
    return redirect(f"{round_.comparison.get_absolute_url()}#round-{round_.pk}")
