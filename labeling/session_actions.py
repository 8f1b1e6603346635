"""What can be made of a session. Other rooms, which this one knows nothing of, offer it on its page (`offer`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from accounts.models import User


@dataclass(frozen=True)
class SessionAction:
    """A link at the head of a session's page; its address takes the session's id."""

    label: str | Promise
    url_name: str
    is_for: Callable[[User], bool]


ACTIONS: list[SessionAction] = []


def offer(action: SessionAction) -> None:
    ACTIONS.append(action)


def actions_for(user: User) -> list[SessionAction]:
    return [action for action in ACTIONS if action.is_for(user)]
