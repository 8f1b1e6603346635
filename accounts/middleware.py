"""Who is asking, looked up once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.http import HttpRequest


class PersonMiddleware(AuthenticationMiddleware):
    """Gives views the person themselves: behind Django's lazy stand-in each touch of `request.user` takes longer."""

    def process_view(self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any) -> None:
        is_for_anybody = not getattr(view, "login_required", True)
        if is_for_anybody or settings.SESSION_COOKIE_NAME not in request.COOKIES:  # nothing is to be looked up
            return
        request.user = get_user(request)
