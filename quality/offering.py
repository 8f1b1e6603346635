"""Datasets in other rooms: at the head of a session's page, and below the list of traces."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from labeling import session_actions
from traces.explorer import actions

session_actions.offer(
    session_actions.SessionAction(_("Make a dataset"), "quality:from-session", lambda user: user.reads_traces)
)
actions.offer(actions.Action(_("Make a dataset"), "quality:from-traces", lambda user: user.reads_traces))
