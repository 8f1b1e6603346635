"""What every answer passes through."""

from __future__ import annotations

from collections.abc import Callable

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.decorators import sync_and_async_middleware
from django_htmx.http import HttpResponseClientRedirect


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
