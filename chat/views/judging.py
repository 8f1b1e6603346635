"""What an expert says about an answer or a conversation: saved on the click, or while typing."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chat import judging
from chat.access import (
    get_conversation_for,
    get_own_conversation_for,
    get_own_turn_for,
    get_turn_for,
)
from chat.forms.judging import BetterForm, JudgingForm
from chat.judged import (
    About,
    Judging,
    id_prefix_of,
    judging_of,
    judging_of_conversation,
    questions_of,
)
from reviewapp.lib.requests import UserRequest


@require_safe
@never_cache
@login_required
def judging_page(request: UserRequest, turn_id: UUID) -> HttpResponse:
    """One answer with what is said about it: a page of its own, and the fragment."""
    turn = get_turn_for(request.user, turn_id)
    return drawn(request, judging_of(turn, request.user))


@require_POST
@login_required
def judge(request: UserRequest, turn_id: UUID) -> HttpResponse:
    """Save the thumb that was clicked, the comment and the answers, as far as they are right."""
    turn = get_own_turn_for(request.user, turn_id)
    form = JudgingForm(questions_of(turn.conversation, About.ANSWER), request.POST, id_prefix=id_prefix_of(turn))
    is_valid = form.is_valid()
    try:
        judging.judge(turn, request.user, form)
    except judging.NotFinished:
        return drawn(request, judging_of(turn, request.user, form=form, message=not_finished()), status=409)
    if is_valid:
        return saved(request, judging_of(turn, request.user))
    return drawn(request, judging_of(turn, request.user, form=form), status=422)


@require_POST
@login_required
def better(request: UserRequest, turn_id: UUID) -> HttpResponse:
    """Save a better answer, or take it back."""
    turn = get_own_turn_for(request.user, turn_id)
    form = BetterForm(request.POST)
    if not form.is_valid():
        return drawn(request, judging_of(turn, request.user, better=form), status=422)
    try:
        judging.better_answer(turn, request.user, form.better)
    except judging.NotFinished:
        return drawn(request, judging_of(turn, request.user, message=not_finished()), status=409)
    return saved(request, judging_of(turn, request.user))


@require_safe
@never_cache
@login_required
def conversation_judging_page(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    conversation = get_conversation_for(request.user, conversation_id)
    return drawn(request, judging_of_conversation(conversation, request.user))


@require_POST
@login_required
def judge_conversation(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    """Save the answers about the conversation as a whole, as far as they are right."""
    conversation = get_own_conversation_for(request.user, conversation_id)
    questions = questions_of(conversation, About.CONVERSATION)
    form = JudgingForm(questions, request.POST, id_prefix=id_prefix_of(conversation))
    is_valid = form.is_valid()
    try:
        judging.judge(conversation, request.user, form)
    except judging.NotFinished:
        shown = judging_of_conversation(conversation, request.user, form=form, message=not_finished())
        return drawn(request, shown, status=409)
    if is_valid:
        return saved(request, judging_of_conversation(conversation, request.user))
    return drawn(request, judging_of_conversation(conversation, request.user, form=form), status=422)


def not_finished() -> str:
    return _("There is no finished answer to judge yet. Your text is kept here.")


def saved(request: UserRequest, shown: Judging) -> HttpResponse:
    if request.htmx:
        return drawn(request, shown)
    place = f"turn-{shown.turn.pk}" if shown.turn else "judging-conversation"
    return HttpResponseRedirect(f"{shown.talk.get_absolute_url()}#{place}")


def drawn(request: UserRequest, shown: Judging, *, status: int = 200) -> HttpResponse:
    fragment = "chat/_judging.html" if shown.turn else "chat/_judging_conversation.html"
    template = fragment if request.htmx else "chat/judging.html"
    return render(request, template, {"judging": shown, "section": "chat"}, status=status)
