"""What a page must never do, noted while it is open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError, WebSocket

# Chromium reports every refusal by the server as an error; which refusals are right, each test says by itself.
REFUSED = re.compile(r"^Failed to load resource: the server responded with a status of 4\d\d")
OFFLINE = re.compile(
    r"net::ERR_(INTERNET_DISCONNECTED|FAILED|NETWORK_CHANGED|CONNECTION_\w+|EMPTY_RESPONSE)|WebSocket connection to"
)


class Watch:
    """Complaints about all pages of one browser context: a test with any fails."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.complaints: list[str] = []
        self.context = context
        self.url = url
        self.is_offline = False
        context.on("console", self.on_console)
        context.on("weberror", self.on_error)
        context.on("request", self.on_request)
        context.on("response", self.on_response)
        context.on("page", lambda page: page.on("websocket", self.on_socket))

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type != "error" and "Content Security Policy" not in message.text:
            return
        if REFUSED.match(message.text) or (self.is_offline and OFFLINE.search(message.text)):
            return
        self.complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def on_error(self, error: WebError) -> None:
        self.complaints.append(f"script error: {error.error}")

    def on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:", "about:")):
            self.complaints.append(f"request to another host: {request.url}")

    def on_response(self, response: Response) -> None:
        lost = response.status == 404 and "/static/" in response.url
        if response.status >= 500 or lost:
            self.complaints.append(f"HTTP {response.status}: {response.url}")

    def on_socket(self, socket: WebSocket) -> None:
        if not socket.url.startswith(self.url.replace("http", "ws", 1)):
            self.complaints.append(f"socket to another host: {socket.url}")

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Cut the connection; what the browser itself says about that is no complaint."""
        self.is_offline = True
        self.context.set_offline(True)
        yield
        self.context.set_offline(False)

    @contextmanager
    def without_server(self) -> Iterator[None]:
        """For as long as the page may miss its server: what the browser itself says about that is no complaint."""
        self.is_offline = True
        yield
        self.is_offline = False


def fits(page: Page) -> None:
    """Assert that nothing makes the page scroll sideways."""
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen, f"{page.url} is {wide} px wide in a window of {seen} px"


def frame_stays(page: Page) -> None:
    """Assert that a page with a frame, in which only the parts scroll, does not scroll behind it."""
    is_framed, high, seen = page.evaluate(
        """[Boolean(document.querySelector(".chat, .review")),
            document.documentElement.scrollHeight, document.documentElement.clientHeight]"""
    )
    assert not is_framed or high <= seen, f"{page.url} is {high} px high in a window of {seen} px"
