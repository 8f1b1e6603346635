"""What every answer passes through."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.decorators import sync_and_async_middleware
from django.views.defaults import bad_request
from django_htmx.http import HttpResponseClientRedirect

logger = logging.getLogger(__name__)


@sync_and_async_middleware
def HtmxSignInMiddleware(get_response: Callable) -> Callable:
    """Turn a redirect to the sign-in page into one of the whole page, for htmx.

    htmx follows redirects by itself and would put the sign-in page into a panel.
    """

    def answer(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_redirect = response.status_code == 302 and getattr(request, "htmx", False)
        if is_redirect and response["Location"].startswith(resolve_url(settings.LOGIN_URL)):
            return HttpResponseClientRedirect(response["Location"])
        return response

    if iscoroutinefunction(get_response):

        async def amiddleware(request: HttpRequest) -> HttpResponse:
            return answer(request, await get_response(request))

        return amiddleware

    def middleware(request: HttpRequest) -> HttpResponse:
        return answer(request, get_response(request))

    return middleware


class DataErrorMiddleware:
    """Answer 400 where somebody sent what the database can't hold, such as NUL in an address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DataError):
            return None
        logger.warning("The database refused what %s holds: %s", request.path, error)
        return bad_request(request, error)


class WrongMethodMiddleware:
    """Draw a page where a browser opens an address that only takes what a form sends: Django's answer is blank.

    It happens when somebody's sign-in ran out under a form, or the address was kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_opened = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or not is_opened:
            return response
        page = render(request, "405.html", status=response.status_code)
        page["Allow"] = response["Allow"]
        return page
