"""Who makes tokens on the page: whoever reads traces, for themselves. Others get theirs by `create_token`."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from accounts.models import ApiToken, User


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """Return a person's own tokens, the latest first. Raises: Http404 for experts, to whom the page does not exist."""
    if not user.reads_traces:
        raise Http404
    return user.api_tokens.order_by("-created_at", "-pk")


def get_token_of(user: User, token_id: int) -> ApiToken:
    """Raises: Http404, also for another person's."""
    token = tokens_of(user).filter(pk=token_id).first()
    if token is None:
        raise Http404("no such token")
    return token
