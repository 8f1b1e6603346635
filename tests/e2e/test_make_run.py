from __future__ import annotations

import os
import signal
import socket
import sqlite3
import urllib.request
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.clone import MadeRun, clone
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


def test_ctrl_c_stops_cleanly_and_the_second_start_is_quick(first_run, folder):
    printed = first_run.stop()
    assert printed.endswith("Stopped.\n")
    assert "Traceback" not in printed
    assert is_gone(first_run.url)
    assert is_gone(guides_address(folder))

    second_run = MadeRun(folder)
    assert not is_gone(guides_address(folder))
    printed = second_run.stop()

    assert second_run.took_s < SECOND_START_WITHIN_S
    assert list(second_run.links) == PEOPLE
    assert "Loading demo data" not in printed


def test_the_guide_does_not_outlive_a_server_that_is_killed(folder):
    run = MadeRun(folder)
    with socket.create_connection(("127.0.0.1", urlsplit(guides_address(folder)).port)) as connection:
        os.killpg(run.process.pid, signal.SIGKILL)
        run.stop()

        assert connection.recv(1) == b""  # closed, from the other side
    assert is_gone(run.url)
