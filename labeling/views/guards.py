"""Whom a page is for, where there is no row to look up."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse

from reviewapp.lib.requests import UserRequest

View = Callable[..., HttpResponse]


def managers_only(view: View) -> View:
    """Everybody else gets 404; to stand below `login_required`."""

    @wraps(view)
    def guarded(request: UserRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.runs_sessions:
            raise Http404("only managers run sessions")
        return view(request, *args, **kwargs)

    return guarded
