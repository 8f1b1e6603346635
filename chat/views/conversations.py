"""One conversation: its page, its name, its draft, its files."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chat import exporting
from chat.access import get_conversation_for, get_own_conversation_for
from chat.forms.message import RenameForm
from chat.judged import judging_of_conversation
from chat.models import Conversation
from chat.protocols import takes_images
from chat.remembered import Wanted, listed
from chat.talk import Exchange, talk_of
from chat.turns import MAX_MESSAGE_LENGTH
from reviewapp.lib.requests import UserRequest
from reviewapp.lib.streaming import streamed
from traces.ingest.incoming import clean_text

ENDINGS = {"md": (exporting.markdown, "text/markdown"), "jsonl": (exporting.json_lines, "application/jsonl")}


@require_safe
@never_cache
@login_required
def conversation(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    return page(request, get_conversation_for(request.user, conversation_id))


@require_safe
@never_cache
@login_required
def turns(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    """Only the talk, as it stands now."""
    found = get_conversation_for(request.user, conversation_id)
    return render(request, "chat/_turns.html", talk_of(found, request.user))


@require_POST
@login_required
def rename(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    found = get_own_conversation_for(request.user, conversation_id)
    form = RenameForm({"title": clean_text(request.POST.get("title", ""))})
    if not form.is_valid():
        return page(request, found, status=422, rename=form)
    Conversation.objects.filter(pk=found.pk).update(title=form.cleaned_data["title"])
    return redirect(found)


@require_POST
@login_required
def archive(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    """Put it out of the list; nothing of it goes."""
    found = get_own_conversation_for(request.user, conversation_id)
    Conversation.objects.filter(pk=found.pk, archived_at=None).update(archived_at=timezone.now())
    return redirect("chat:home")


@require_POST
@login_required
def restore(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    found = get_own_conversation_for(request.user, conversation_id)
    Conversation.objects.filter(pk=found.pk).update(archived_at=None)
    return redirect(found)


@require_POST
@login_required
def draft(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    """Keep what is typed and not yet sent."""
    found = get_own_conversation_for(request.user, conversation_id)
    text = clean_text(request.POST.get("message", ""))[:MAX_MESSAGE_LENGTH]
    Conversation.objects.filter(pk=found.pk).update(draft=text)
    return HttpResponse(status=204)


@require_safe
@never_cache
@login_required
def export(request: UserRequest, conversation_id: UUID, ending: str) -> HttpResponseBase:
    found = get_conversation_for(request.user, conversation_id)
    lines_of, mime_type = ENDINGS[ending]
    response = streamed(request, lines_of(found), content_type=f"{mime_type}; charset=utf-8")
    name = f"{slugify(str(found), allow_unicode=True) or 'conversation'}.{ending}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return response


def page(request: UserRequest, found: Conversation, *, status: int = 200, **more: Any) -> HttpResponse:
    """Draw the whole page; `more` brings what was refused: `form` or `rename`."""
    ctx = talk_of(found, request.user)
    made = chosen(ctx["exchanges"], request.GET.get("made", ""))
    ctx |= {
        "groups": listed(request.user, Wanted()),
        "wanted": Wanted(),
        "judging": judging_of_conversation(found, request.user),
        "made": made,
        "shows_made": "made" in request.GET,
        "new_turn": uuid.uuid4(),
        "takes_images": takes_images(found.endpoint.protocol, found.endpoint.options),
        "section": "chat",
    }
    return render(request, "chat/conversation.html", ctx | more, status=status)


def chosen(exchanges: list[Exchange], turn: str) -> Exchange | None:
    """Return the answer whose making is shown: the one asked for, or the last finished one."""
    finished = [each for each in exchanges if not each.turn.is_running]
    asked_for = (each for each in finished if str(each.turn.pk) == turn)
    return next(asked_for, finished[-1] if finished else None)
