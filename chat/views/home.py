"""Where chatting begins: endpoints to chat with, and the conversations so far."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chat import running, turns
from chat.access import conversations_for, endpoints_for, get_conversation_for, get_endpoint_for
from chat.forms.message import MessageForm
from chat.models import Conversation
from chat.remembered import Wanted, listed
from reviewapp.lib.requests import UserRequest


@require_safe
@never_cache
@login_required
def home(request: UserRequest) -> HttpResponse:
    wanted = wanted_by(request)
    ctx = {
        "endpoints": endpoints_for(request.user),
        "groups": listed(request.user, wanted),
        "wanted": wanted,
        "has_archived": conversations_for(request.user).exclude(archived_at=None).exists(),
        "section": "chat",
    }
    return render(request, "chat/home.html", ctx)


@require_safe
@never_cache
@login_required
def conversations(request: UserRequest) -> HttpResponse:
    """Only the list, for a page that shows it beside something else."""
    wanted = wanted_by(request)
    current = request.GET.get("current", "")
    ctx = {
        "groups": listed(request.user, wanted),
        "wanted": wanted,
        "conversation": get_conversation_for(request.user, UUID(current)) if is_uuid(current) else None,
    }
    return render(request, "chat/_conversations.html", ctx)


@require_POST
@login_required
def new(request: UserRequest, endpoint_id: UUID) -> HttpResponse:
    """Begin a conversation, or take the one that was begun and left empty; perhaps with a first message."""
    endpoint = get_endpoint_for(request.user, endpoint_id)
    empty = conversations_for(request.user).filter(endpoint=endpoint, turns=None, archived_at=None, draft="").first()
    conversation = empty or Conversation.objects.create(endpoint=endpoint, user=request.user)
    form = MessageForm(request.POST)
    if form.is_valid():
        turn = turns.ask(
            conversation, turn_id=form.cleaned_data["turn"], message=form.cleaned_data["message"], parent=None
        )
        running.start_soon(turn.pk)
    return redirect(conversation)


def wanted_by(request: UserRequest) -> Wanted:
    return Wanted(
        words=request.GET.get("q", "").strip()[:200],
        archived=request.GET.get("archived") == "1",
        everybody=request.GET.get("of") == "everybody" and request.user.reads_traces,
    )


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
