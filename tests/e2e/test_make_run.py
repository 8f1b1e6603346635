from __future__ import annotations

import os
import select
import signal
import socket
import sqlite3
import subprocess
import urllib.request
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.clone import MadeRun, clone
from tests.e2e.conftest import DESK
from tests.e2e.watching import Watch

PEOPLE = ["manager@demo.example", "expert@demo.example", "expert2@demo.example", "developer@demo.example"]
SECOND_START_WITHIN_S = 15  # it takes one or two on a machine that does nothing else


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def first_run(folder):
    run = MadeRun(folder)
    yield run
    run.stop()


def test_fresh_clone_runs_with_a_way_in_for_each_demo_person(first_run, browser):
    assert list(first_run.links) == PEOPLE
    for email, link in first_run.links.items():
        context = browser.new_context(base_url=first_run.url)
        watch = Watch(context, first_run.url)
        page = context.new_page()
        page.goto(link)
        page.locator("summary", has_text="You").click()
        expect(page.get_by_text(email)).to_be_visible()
        assert watch.complaints == []
        context.close()


def guides_address(folder: Path) -> str:
    """Return where the demo's endpoints lead to."""
    with closing(sqlite3.connect(folder / "var" / "reviewapp.sqlite3")) as database:
        ((address,),) = database.execute("SELECT DISTINCT url FROM chat_endpoint").fetchall()
    return address


def is_gone(address: str) -> bool:
    parts = urlsplit(address)
    try:
        socket.create_connection((parts.hostname, parts.port)).close()
    except ConnectionRefusedError:
        return True
    return False


def test_there_is_somebody_to_chat_with(first_run, folder):
    with urllib.request.urlopen(f"{guides_address(folder)}/models") as response:
        assert b"guide-2" in response.read()


def another_link(folder: Path, site: str, email: str) -> str:
    command = [folder / ".venv" / "bin" / "python", "manage.py", "login_link", email]
    environment = {"PATH": os.environ["PATH"], "SITE_URL": site}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_an_expert_talks_to_the_guide_and_sees_what_it_read(first_run, folder, browser):
    context = browser.new_context(base_url=first_run.url, locale="en-GB", viewport=DESK)
    watch = Watch(context, first_run.url)
    page = context.new_page()
    page.goto(another_link(folder, first_run.url, "expert@demo.example"))
    page.get_by_role("button", name="Chat Review App guide v2").click()
    page.get_by_test_id("chat-input").fill("What is the default of PORT?")
    page.get_by_test_id("chat-send").click()

    expect(page.get_by_test_id("turn-answer")).to_contain_text("Its default is 8000.")
    expect(page.get_by_role("complementary")).to_contain_text("look up setting")
    expect(page.get_by_role("complementary")).to_contain_text("Configuration")
    assert watch.complaints == []
    context.close()


def test_ctrl_c_stops_cleanly_and_the_second_start_is_quick(first_run, folder):
    printed = first_run.stop()
    assert printed.endswith("Stopped.\n")
    assert "Traceback" not in printed
    assert is_gone(first_run.url)
    assert is_gone(guides_address(folder))
    assert processes_in(folder) == set()

    second_run = MadeRun(folder)
    assert not is_gone(guides_address(folder))
    printed = second_run.stop()

    assert second_run.took_s < SECOND_START_WITHIN_S
    assert list(second_run.links) == PEOPLE
    assert "Loading demo data" not in printed


def processes_in(folder: Path) -> set[int]:
    found = set()
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):  # gone meanwhile
            found |= {int(link.parent.name)} if link.readlink() == folder else set()
    return found


def wait_for_end(pid: int) -> bool:
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with closing(os.fdopen(watched)):
        return bool(select.select([watched], [], [], 10)[0])


def test_nothing_outlives_a_server_that_is_killed(folder):
    assert processes_in(folder) == set()
    run = MadeRun(folder)
    started = processes_in(folder)
    assert len(started) >= 3  # the server, the guide, the worker

    os.killpg(run.process.pid, signal.SIGKILL)
    run.stop()

    assert all(wait_for_end(pid) for pid in started)
    assert processes_in(folder) == set()
    assert is_gone(run.url)
