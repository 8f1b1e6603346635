"""Who sees end users' feedback: whoever reads traces. Keys are changed by managers and admins."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from accounts.models import User
from traces.feedback.models import EndUserFeedback, EndUserFeedbackQuerySet, PublishableKey


def keys_for(user: User) -> QuerySet[PublishableKey]:
    """Raises: Http404 for experts, to whom these pages do not exist."""
    if not user.reads_traces:
        raise Http404
    return PublishableKey.objects.select_related("experiment", "created_by")


def keys_changed_by(user: User) -> QuerySet[PublishableKey]:
    """Raises: Http404; PermissionDenied for developers, who read them."""
    keys = keys_for(user)
    if not user.runs_sessions:
        raise PermissionDenied("only managers and admins change publishable keys")
    return keys


def one_of(keys: QuerySet[PublishableKey], key_id: int) -> PublishableKey:
    key = keys.filter(pk=key_id).first()
    if key is None:
        raise Http404("no such key")
    return key


def get_key_for(user: User, key_id: int) -> PublishableKey:
    return one_of(keys_for(user), key_id)


def get_key_changed_by(user: User, key_id: int) -> PublishableKey:
    return one_of(keys_changed_by(user), key_id)


def unjoined_for(user: User) -> EndUserFeedbackQuerySet:
    """Return what waits for its trace, or has waited too long. Raises: Http404."""
    keys_for(user)
    return EndUserFeedback.objects.not_joined().select_related("key", "experiment")


def unjoined_changed_by(user: User) -> EndUserFeedbackQuerySet:
    """Raises: Http404; PermissionDenied."""
    keys_changed_by(user)
    return unjoined_for(user)
