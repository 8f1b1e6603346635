"""From a trace to the chat that it is of."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from chat.access import readable_conversations_for
from chat.models import Turn
from traces.models import Trace
from traces.related import Related, relates


@relates
def chat_of(user: User, trace: Trace) -> Iterable[Related]:
    """Return the conversation whose turn the trace records, or was linked to. Queries: 1."""
    turns = Turn.objects.filter(Q(trace=trace) | Q(own_trace_id=trace.pk))
    found = readable_conversations_for(user).filter(pk__in=turns.values("conversation")).first()
    if found is not None:
        yield Related(_("The chat it is of"), reverse("chat:conversation", args=[found.pk]))
