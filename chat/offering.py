"""The chat in other rooms: at the head of a labeling session's page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from labeling import session_actions

session_actions.offer(
    session_actions.SessionAction(
        _("Ask a batch of questions"), "chat:batch-of-session", lambda user: user.runs_sessions
    )
)
