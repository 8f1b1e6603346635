"""Who is asking, looked up once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.http import HttpRequest


class PersonMiddleware(AuthenticationMiddleware):
    """Gives views the person themselves: behind Django's lazy stand-in each touch of `request.user` takes longer."""

    def process_view(self, request: HttpRequest, _view: Callable[..., Any], _args: Any, _kwargs: Any) -> None:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:  # else nobody is signed in, and nothing to be looked up
            request.user = get_user(request)
