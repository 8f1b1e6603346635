"""Endpoints as managers see them together: who may chat, how much it is used, and whether it answers."""

from __future__ import annotations

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from chat.access import managed_endpoints_for
from chat.models import Conversation, Endpoint


def listed_endpoints_for(user: User) -> QuerySet[Endpoint]:
    """Return every endpoint with `n_conversations`, `last_used_at` and `n_people`. Raises: Http404."""
    talks = Conversation.objects.filter(endpoint=OuterRef("pk")).order_by().values("endpoint")
    people = Endpoint.people.through.objects.filter(endpoint=OuterRef("pk")).order_by().values("endpoint")
    return managed_endpoints_for(user).annotate(
        n_conversations=Coalesce(Subquery(talks.values(n=Count("pk"))), 0),
        last_used_at=Subquery(talks.values(at=Max("updated_at"))),
        n_people=Coalesce(Subquery(people.values(n=Count("pk"))), 0),
    )
