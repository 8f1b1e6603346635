"""Set-up, part 2: where a session's questions stand on its page. What is done to them: labeling.views.arranging."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse

from accounts.models import User
from labeling.access import get_managed_session_for
from labeling.arranging import SessionAsking
from labeling.views.asked import Asked
from labeling.views.setup_page import SetupPage, changed, show_part
from reviewapp.lib.requests import UserRequest


@dataclass(frozen=True)
class SessionPlace:
    asking: SessionAsking

    def show(self, request: UserRequest, asked: Asked, *, status: int = 200) -> HttpResponse:
        return show_part(request, SetupPage(self.asking.session, asked=asked), "questions", status=status)

    def changed(self, request: UserRequest, asked: Asked) -> HttpResponse:
        return changed(request, SetupPage(self.asking.session, asked=asked), "questions")


def session_place(user: User, session_id: UUID) -> SessionPlace:
    return SessionPlace(SessionAsking(get_managed_session_for(user, session_id)))
