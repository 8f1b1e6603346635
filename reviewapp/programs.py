"""The short way of programs to their views."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

Answer = Callable[[HttpRequest], HttpResponse]
DOORS = ("/api/", "/v1/")
POLICY = "default-src 'none'; frame-ancestors 'none'"  # nothing behind them is a page


class ProgramsMiddleware:
    """Takes requests of programs past all that is for pages: sessions, forms, languages, messages, htmx.

    They carry a token or a key and never a cookie, and come by the hundred. What concerns them too is listed in
    PROGRAM_MIDDLEWARE.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.answer_program = ProgramHandler().answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(DOORS):
            return self.get_response(request)
        response = self.answer_program(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class ProgramHandler(BaseHandler):
    """Django's own way from a request to its view, through other middleware."""

    def __init__(self) -> None:
        self._view_middleware: list[Callable[..., HttpResponse | None]] = []
        self._template_response_middleware: list[Callable[..., HttpResponse]] = []
        self._exception_middleware = []
        answer = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]  # the stubs lack it
        for path in reversed(settings.PROGRAM_MIDDLEWARE):
            middleware = import_string(path)(answer)
            if hasattr(middleware, "process_exception"):
                self._exception_middleware.append(middleware.process_exception)
            answer = convert_exception_to_response(middleware)
        self.answer = cast(Answer, answer)
