"""One turn: ask, stop, ask again, edit, show another version. Each works as a plain form."""

from __future__ import annotations

import uuid
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chat import running, turns
from chat.access import get_own_conversation_for, get_own_turn_for, get_turn_for
from chat.forms.message import MessageForm
from chat.models import Conversation, Turn
from chat.talk import exchange_of, may_talk, talk_of
from chat.views.conversations import page
from reviewapp.lib.requests import UserRequest


@require_POST
@login_required
def ask(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    conversation = get_talking(request, get_own_conversation_for(request.user, conversation_id))
    form = MessageForm(request.POST, request.FILES)
    if not form.is_valid():
        return refused(request, conversation, form)
    given = form.cleaned_data
    parent = conversation.turns.filter(pk=given["parent"]).first() if given["parent"] else None
    try:
        turn = turns.ask(
            conversation, turn_id=given["turn"], message=given["message"], images=given["images"], parent=parent
        )
    except turns.TurnRefused as refusal:
        form.add_error(None, str(refusal))
        return refused(request, conversation, form)
    return begun(request, turn)


@require_POST
@login_required
def again(request: UserRequest, turn_id: UUID) -> HttpResponse:
    turn = get_own_turn_for(request.user, turn_id)
    get_talking(request, turn.conversation)
    try:
        made = turns.again(turn, turn_id=turn_id_in(request))
    except turns.TurnRefused as refusal:
        return not_now(request, turn, str(refusal))
    return begun(request, made)


@require_POST
@login_required
def edit(request: UserRequest, turn_id: UUID) -> HttpResponse:
    turn = get_own_turn_for(request.user, turn_id)
    get_talking(request, turn.conversation)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return refused(request, turn.conversation, form)
    try:
        made = turns.edit(turn, turn_id=form.cleaned_data["turn"], message=form.cleaned_data["message"])
    except turns.TurnRefused as refusal:
        return not_now(request, turn, str(refusal))
    return begun(request, made)


@require_POST
@login_required
def stop(request: UserRequest, turn_id: UUID) -> HttpResponse:
    turn = get_own_turn_for(request.user, turn_id)
    turns.ask_to_stop(turn)
    return HttpResponse(status=204) if request.htmx else redirect(turn.conversation)


@require_POST
@login_required
def show(request: UserRequest, turn_id: UUID) -> HttpResponse:
    """Show this version, and what was said after it."""
    turn = get_own_turn_for(request.user, turn_id)
    turns.show(turn)
    turn.conversation.refresh_from_db()
    if request.htmx:
        return render(request, "chat/_turns.html", talk_of(turn.conversation, request.user))
    return redirect(f"{turn.conversation.get_absolute_url()}#turn-{turn.pk}")


@require_safe
@never_cache
@login_required
def made(request: UserRequest, turn_id: UUID) -> HttpResponse:
    """How the answer was made: its steps and sources."""
    turn = get_turn_for(request.user, turn_id)
    shown = turns.Shown(turn, number=1, total=1, before=None, after=None)  # its other versions are not in this
    return render(request, "chat/_made.html", {"made": exchange_of(shown, request.user)})


@require_safe
@never_cache
@login_required
def turn(request: UserRequest, turn_id: UUID) -> HttpResponse:
    """Only this turn, as it is now."""
    found = get_turn_for(request.user, turn_id)
    ctx = {
        "exchange": exchange_of(turns.place_of(found), request.user),
        "may_talk": may_talk(request.user, found.conversation),
    }
    return render(request, "chat/_turn.html", ctx)


def get_talking(request: UserRequest, conversation: Conversation) -> Conversation:
    """Return the conversation. Raises: PermissionDenied where the person may not go on with it."""
    if not may_talk(request.user, conversation):
        raise PermissionDenied("may not chat with this endpoint any more")
    return conversation


def turn_id_in(request: UserRequest) -> UUID:
    try:
        return UUID(request.POST.get("turn", ""))
    except ValueError:
        return uuid.uuid4()


def begun(request: UserRequest, turn: Turn) -> HttpResponse:
    """Start the answer, and show it. A page with a socket is told of the turn by that."""
    running.start_soon(turn.pk)
    if request.htmx:
        return HttpResponse(status=204)
    return redirect(f"{turn.conversation.get_absolute_url()}#turn-{turn.pk}")


def refused(request: UserRequest, conversation: Conversation, form: MessageForm) -> HttpResponse:
    """Show the page again with what is wrong, and the text as it was sent."""
    if request.htmx:
        return render(request, "chat/_refused.html", {"form": form}, status=422)
    return page(request, conversation, status=422, form=form)


def not_now(request: UserRequest, turn: Turn, why: str) -> HttpResponse:
    if request.htmx:
        return HttpResponse(why, status=422, content_type="text/plain; charset=utf-8")
    messages.error(request, why)
    return redirect(turn.conversation)
