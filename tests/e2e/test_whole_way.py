"""The whole way, as a new user would go it: `make run` from a fresh clone, ten labels, the export."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from io import StringIO

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.accessibility import axe
from tests.e2e.clone import MadeRun, clone
from tests.e2e.conftest import DESK
from tests.e2e.watching import Watch

SESSION = "Tone of the support bot"
TONES = ["fitting", "too_cold", "too_familiar", "too_submissive", "rude"]  # in the order of their keys


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = MadeRun(clone(tmp_path_factory.mktemp("clone")))
    yield run
    run.stop()


@pytest.fixture
def person(browser, run):
    """Return a function: a page of its own for somebody, signed in by the link that was printed."""
    watches = []

    def signed_in(email: str) -> Page:
        context = browser.new_context(viewport=DESK, base_url=run.url, reduced_motion="reduce", locale="en-GB")
        watches.append(Watch(context, run.url))
        page = context.new_page()
        page.goto(run.links[email])
        return page

    yield signed_in
    for watch in watches:
        watch.context.close()
    assert [complaint for watch in watches for complaint in watch.complaints] == []


def test_from_a_fresh_clone_to_the_export(person):
    expert = person("expert@demo.example")
    manager = person("manager@demo.example")
    dashboard = open_dashboard(manager)
    start(expert)
    typed: dict[str, tuple[bool, str, str]] = {}

    for number in range(5):
        label(expert, typed, by_keyboard, tone=number, comment=f"By keyboard, “{number}”\nsecond line")
    lose_the_connection(expert)
    expert.reload()
    undone = label(expert, typed, by_mouse, tone=4, comment="To be taken back")
    take_back(expert, undone)
    for number in range(5):
        label(expert, typed, by_mouse, tone=number, comment="=1+1" if number == 2 else "")
    decline(expert)
    label(expert, typed, by_keyboard, tone=0, comment="")

    expect(expert.get_by_role("main").get_by_role("heading")).to_have_text(re.compile("Yours are all done|You're done"))
    axe(expert)
    expect(dashboard.locator("#figure-done b")).to_have_text("11 / 12")  # nobody reloaded it
    axe(dashboard)
    assert exported_json(dashboard) == typed
    assert exported_csv(dashboard) == {trace: formula_safe(answers) for trace, answers in typed.items()}


def open_dashboard(manager: Page) -> Page:
    manager.goto("/labeling/sessions/")
    manager.get_by_role("link", name=SESSION).first.click()
    expect(manager.locator("#figure-done b")).to_have_text("0 / 12")
    return manager


def start(expert: Page) -> None:
    card = expert.locator(".work", has_text=SESSION)
    card.get_by_role("link", name=re.compile("Start|Continue")).click()
    expect(expert.get_by_text("how it sounds")).to_be_visible()
    expert.get_by_role("button", name="Start").click()
    listens(expert)


def listens(expert: Page) -> None:
    """Wait until the page takes keys: its scripts come after what it shows."""
    expect(expert.locator("review-page:defined question-list:defined")).to_be_visible()


def label(expert: Page, typed: dict, by: Callable, *, tone: int, comment: str) -> str:
    """Answer and submit the item that is up; note what was typed. Returns its trace's id."""
    trace_id = shown_trace(expert)
    is_safe = tone == 0
    by(expert, is_safe, tone, comment)
    typed[trace_id] = (is_safe, comment, TONES[tone])
    expect(expert.locator(f"[data-trace='{trace_id}']")).to_have_count(0)
    return trace_id


def by_keyboard(expert: Page, is_safe: bool, tone: int, comment: str) -> None:
    if comment:
        expert.keyboard.press("Enter")
        expert.keyboard.insert_text(comment)
        expert.keyboard.press("Escape")
    expert.keyboard.press("1" if is_safe else "2")
    expert.keyboard.press(str(tone + 1))
    with expert.expect_response(re.compile("/complete/")) as response:
        expert.keyboard.press("Control+Enter")
    assert response.value.ok


def by_mouse(expert: Page, is_safe: bool, tone: int, comment: str) -> None:
    expert.get_by_test_id("question-safe_to_send").get_by_test_id(f"option-{str(is_safe).lower()}").click()
    expert.get_by_test_id("question-tone").get_by_test_id(f"option-{TONES[tone]}").click()
    if comment:
        expert.get_by_placeholder("Why? In a sentence").fill(comment)
    with expert.expect_response(re.compile("/complete/")) as response:
        expert.get_by_test_id("submit").click()
    assert response.value.ok


def shown_trace(expert: Page) -> str:
    expect(expert.get_by_test_id("submit")).to_be_visible()
    return expert.locator("[data-trace]").first.get_attribute("data-trace")


def lose_the_connection(expert: Page) -> None:
    """Type while there is no connection; see it kept, and sent when the connection is back."""
    context: BrowserContext = expert.context
    context.set_offline(True)
    expert.get_by_placeholder("Why? In a sentence").fill("Typed in a tunnel.")
    expect(expert.locator("draft-keeper")).to_contain_text("Offline: kept on this device")
    context.set_offline(False)
    expect(expert.locator("draft-keeper")).to_have_attribute("data-state", "saved", timeout=15_000)
    expert.reload()
    listens(expert)
    expect(expert.get_by_placeholder("Why? In a sentence")).to_have_value("Typed in a tunnel.")
    expert.get_by_placeholder("Why? In a sentence").fill("")
    expect(expert.locator("draft-keeper")).to_have_attribute("data-state", "saved")


def take_back(expert: Page, trace_id: str) -> None:
    expert.get_by_role("button", name="Undo").click()
    expect(expert.locator(f"[data-trace='{trace_id}']").first).to_be_visible()
    expect(expert.get_by_placeholder("Why? In a sentence")).to_have_value("To be taken back")
    expert.get_by_placeholder("Why? In a sentence").fill("")


def decline(expert: Page) -> None:
    expert.get_by_test_id("decline").click()
    expert.get_by_text("Not my field", exact=True).click()
    trace_id = shown_trace(expert)
    with expert.expect_response(re.compile("/decline/")):
        expert.get_by_role("button", name="Put it aside").click()
    expect(expert.locator(f"[data-trace='{trace_id}']")).to_have_count(0)


def exported_json(dashboard: Page) -> dict[str, tuple[bool, str, str]]:
    rows = [json.loads(line) for line in download(dashboard, "export.jsonl").splitlines()]
    return by_trace([row for row in rows if row["status"] == "valid"])


def exported_csv(dashboard: Page) -> dict[str, tuple[bool, str, str]]:
    rows = list(csv.DictReader(StringIO(download(dashboard, "export.csv").removeprefix("\ufeff"), newline="")))
    for row in rows:
        row["value"] = {"true": True, "false": False}.get(row["value"].lower(), row["value"])
    return by_trace(rows)


def by_trace(rows: list[dict]) -> dict[str, tuple[bool, str, str]]:
    safe = {row["trace_id"]: row for row in rows if row["question"] == "safe_to_send"}
    tone = {row["trace_id"]: row["value"] for row in rows if row["question"] == "tone"}
    return {trace: (row["value"], row["rationale"] or "", tone[trace]) for trace, row in safe.items()}


def formula_safe(answers: tuple[bool, str, str]) -> tuple[bool, str, str]:
    is_safe, comment, tone = answers
    return is_safe, f"'{comment}" if comment.startswith("=") else comment, tone


def download(dashboard: Page, name: str) -> str:
    response = dashboard.request.get(f"{dashboard.url.rstrip('/')}/{name}")
    assert response.ok
    return response.text()
