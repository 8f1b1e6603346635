"""What pages outside of the chat need to know of it."""

from __future__ import annotations

from django import template

from accounts.models import User
from chat.access import conversations_for, endpoints_for

register = template.Library()


@register.filter
def chats(user: User) -> bool:
    """Whether there is anything for the person to chat with, or to read again. Queries: at most 2."""
    return user.reads_traces or endpoints_for(user).exists() or conversations_for(user).exists()
