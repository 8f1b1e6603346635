"""Who may chat with what. The look-up is the permission: strangers get 404, who may only read gets 403."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from accounts.models import User
from chat.models import Batch, Comparison, Conversation, Endpoint, Round, Turn
from chat.statements import find_readable
from traces.access import lets_read

ROUND_PARTS = ("comparison__user", "first_turn__conversation__endpoint", "second_turn__conversation__endpoint")


def endpoints_for(user: User) -> QuerySet[Endpoint]:
    """Return the endpoints that the person may chat with."""
    endpoints = Endpoint.objects.select_related("experiment").filter(archived_at=None)
    if user.reads_traces:
        return endpoints
    chosen = Endpoint.people.through.objects.filter(endpoint=OuterRef("pk"), user=user)
    return endpoints.filter(Q(is_for_everybody=True) | Exists(chosen))


def get_endpoint_for(user: User, endpoint_id: UUID) -> Endpoint:
    """Return an endpoint that the person may chat with. Raises: Http404."""
    endpoint = endpoints_for(user).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise Http404("no such endpoint")
    return endpoint


def managed_endpoints_for(user: User) -> QuerySet[Endpoint]:
    """Return every endpoint, for who chooses addresses: managers and admins.

    Raises: Http404 for anybody else, to whom these pages do not exist.
    """
    if not user.runs_sessions:
        raise Http404("sets up no endpoints")
    return Endpoint.objects.select_related("experiment")


def get_managed_endpoint_for(user: User, endpoint_id: UUID) -> Endpoint:
    """Return an endpoint that the person may set up. Raises: Http404."""
    endpoint = managed_endpoints_for(user).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise Http404("no such endpoint")
    return endpoint


def conversations_for(user: User) -> QuerySet[Conversation]:
    """Return the person's own conversations, newest first, archived ones too."""
    return Conversation.objects.select_related("endpoint__experiment").filter(user=user, is_listed=True)


def readable_conversations_for(user: User) -> QuerySet[Conversation]:
    """Return the conversations that the person may read: their own, and everybody's for who reads traces."""
    conversations = Conversation.objects.select_related("endpoint__experiment", "user")
    if not user.reads_traces:
        conversations = conversations.filter(user=user)
    return conversations.filter(Q(is_listed=True) | ~Exists(rounds_to_judge(user)))


def rounds_to_judge(user: User) -> QuerySet[Round]:
    """Return the rounds that a conversation of `OuterRef` is half of: its page names what they must not know yet."""
    is_half = Q(comparison__first=OuterRef("pk")) | Q(comparison__second=OuterRef("pk"))
    return Round.objects.filter(is_half, comparison__user=user, choice="")


def get_conversation_for(user: User, conversation_id: UUID) -> Conversation:
    """Return a conversation that the person may read. Raises: Http404."""
    conversation = find_readable(user, conversation_id)
    if conversation is None:
        raise Http404("no such conversation")
    return conversation


def get_own_conversation_for(user: User, conversation_id: UUID) -> Conversation:
    """Return the person's own conversation, to go on with.

    Raises: Http404; PermissionDenied for another's that they may read.
    """
    conversation = get_conversation_for(user, conversation_id)
    if conversation.user_id != user.pk:
        raise PermissionDenied("somebody else's conversation")
    return conversation


def get_turn_for(user: User, turn_id: UUID) -> Turn:
    """Return a turn of a conversation that the person may read. Raises: Http404."""
    turns = Turn.objects.select_related("conversation__endpoint__experiment", "conversation__user", "trace")
    turn = turns.filter(pk=turn_id, conversation__in=readable_conversations_for(user)).first()
    if turn is None:
        raise Http404("no such turn")
    return turn


def get_own_turn_for(user: User, turn_id: UUID) -> Turn:
    """Return a turn of the person's own conversation.

    Raises: Http404; PermissionDenied for another's that they may read.
    """
    turn = get_turn_for(user, turn_id)
    if turn.conversation.user_id != user.pk:
        raise PermissionDenied("somebody else's conversation")
    return turn


def get_comparison_for(user: User, comparison_id: UUID) -> Comparison:
    """Return the person's own comparison. Raises: Http404."""
    parts = ("first__endpoint__experiment", "second__endpoint__experiment")
    comparison = Comparison.objects.select_related(*parts).filter(pk=comparison_id, user=user).first()
    if comparison is None:
        raise Http404("no such comparison")
    return comparison


def get_round_for(user: User, round_id: int) -> Round:
    """Return a round of the person's own comparison, with its answers and their endpoints. Raises: Http404."""
    round_ = Round.objects.select_related(*ROUND_PARTS).filter(pk=round_id, comparison__user=user).first()
    if round_ is None:
        raise Http404("no such round")
    return round_


def judged_rounds_for(user: User) -> QuerySet[Round]:
    """Return everybody's judged rounds, last judged first, for managers and admins.

    Raises: Http404 for anybody else, to whom these pages do not exist.
    """
    if not user.runs_sessions:
        raise Http404("runs no sessions")
    return Round.objects.select_related(*ROUND_PARTS).exclude(choice="").order_by("-judged_at", "-pk")


def batches_for(user: User) -> QuerySet[Batch]:
    """Return the batches of questions, the last one first, for who runs sessions. Raises: Http404."""
    if not user.runs_sessions:
        raise Http404("runs no sessions")
    return Batch.objects.select_related("session", "endpoint", "created_by").order_by("-created_at")


def get_batch_for(user: User, batch_id: UUID) -> Batch:
    """Return a batch for who runs sessions. Raises: Http404."""
    batch = batches_for(user).filter(pk=batch_id).first()
    if batch is None:
        raise Http404("no such batch")
    return batch


@lets_read
def talked(user: User, trace_id: str) -> bool:
    """Experts read the traces of what they were answered themselves."""
    found = Q(link=Turn.Link.FOUND, own_trace_id=trace_id)
    return Turn.objects.filter(Q(trace=trace_id) | found, conversation__user=user).exists()
