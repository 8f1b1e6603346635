"""The product in a real browser.

server      a real server; its database is as new for each test, and the test's models (and the cast of
            /conftest.py: alice, bob …) are in it
page        an open page on it, wide as a desk's; the test fails if the page says or does something wrong
new_page    makes more such pages: new_page(viewport=PHONE, color_scheme="dark", java_script_enabled=False …)
import_traces  import_traces(*files): into the server's database
aside       aside(function): run it beside Playwright; verbs that tell open pages need that
sign_in     sign_in(page, "alice@example.org"): through a real sign-in link
watch_of    watch_of(page).offline(): cut the connection
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.server import OwnDatabase, Server, prepare
from tests.e2e.watching import Watch

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
WALL = {"width": 2560, "height": 1440}
CHROMIUM = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
# No sandbox: in containers there is none to have. The rest keeps the browser from calling home.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run"]  # fmt: skip


@pytest.fixture(autouse=True)
def plain_static_files() -> None:
    """Here the server has its real settings."""


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    own = tmp_path_factory.getbasetemp()
    prepared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "prepared"
    prepare(prepared)
    server = Server(tmp_path_factory.mktemp("server"), prepared)
    yield server
    server.stop()


@pytest.fixture
def server(process: Server, settings: Any, monkeypatch, django_db_blocker) -> Iterator[Server]:
    process.reset()
    settings.SITE_URL = process.url
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in this thread
    log_before = len(process.log)
    with django_db_blocker.unblock(), OwnDatabase(process.database):
        yield process
    assert "Traceback" not in process.log[log_before:], process.log[log_before:]


@pytest.fixture
def db(server: Server) -> None:
    """The cast lives in the server's database."""


@pytest.fixture
def aside(server: Server) -> Callable[[Callable[[], Any]], Any]:
    """Return a function that runs another in a thread free of Playwright's event loop, on the server's database."""

    def run(work: Callable[[], Any]) -> Any:
        def on_own_database() -> Any:
            with OwnDatabase(server.database):
                return work()

        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(on_own_database).result()

    return run


@pytest.fixture
def import_traces(aside: Callable[[Callable[[], Any]], Any]) -> Callable[..., None]:
    """Return a function that imports files, as the command does: those that arrive are told to open pages."""

    def run(*files: Path | str) -> None:
        aside(lambda: call_command("import_traces", *map(str, files), verbosity=0))

    return run


@pytest.fixture(scope="module")  # not longer: its event loop would be in the way of other tests
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def watches() -> dict[Any, Watch]:
    return {}


@pytest.fixture
def new_page(browser: Browser, server: Server, watches: dict[Any, Watch], request) -> Iterator[Callable[..., Page]]:
    def make(**options: Any) -> Page:
        defaults = {"viewport": DESK, "reduced_motion": "reduce", "base_url": server.url, "locale": "en-GB"}
        context = browser.new_context(**(defaults | options))
        context.set_default_timeout(10_000)  # ms
        watches[context] = Watch(context, server.url)
        return context.new_page()

    yield make
    for context in watches:
        context.close()
    complaints = [complaint for watch in watches.values() for complaint in watch.complaints]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


@pytest.fixture
def watch_of(watches: dict[Any, Watch]) -> Callable[[Page], Watch]:
    return lambda page: watches[page.context]


@pytest.fixture
def sign_in(server: Server) -> Callable[[Page, str], None]:
    def through_a_link(page: Page, email: str) -> None:
        link = StringIO()
        call_command("login_link", email, stdout=link)
        page.goto(link.getvalue().strip())

    return through_a_link


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Keep a picture of what a failing test saw, in var/e2e/."""
    report = (yield).get_result()
    if report.when == "call" and report.failed and "watches" in getattr(item, "funcargs", {}):
        folder = Path("var/e2e")
        folder.mkdir(parents=True, exist_ok=True)
        for number, context in enumerate(item.funcargs["watches"]):
            for page in context.pages:
                page.screenshot(path=folder / f"{item.name}-{number}.png")
