"""How a request gets from the event loop to the views, and back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

THREADS = 16  # requests that are answered at the same time; more wait


class OneHopHandler(ASGIHandler):
    """Runs all middleware and the view in one go, in a thread that stays.

    Every view here is synchronous. Django's own handler would go from the loop to a thread and
    back for each middleware, and make a new thread for each request, which opens a connection to
    the database of its own and throws its prepared statements away.
    """

    def __init__(self) -> None:
        super().__init__()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.respond, thread_sensitive=False, executor=self.threads)(request)

    def respond(self, request: HttpRequest) -> HttpResponseBase:
        # Django's own signals run in another thread, so the connections of this one are looked after here.
        close_old_connections()
        try:
            return self.get_response(request)
        finally:
            close_old_connections()
