"""What a manager sees while experts work: home, the session, its items, its files."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from labeling.models import LabelingSession, LabelSchema, QuestionSpec
from labeling.tests.judging import judge, put_aside
from tests.e2e.accessibility import axe
from tests.e2e.conftest import DESK, PHONE, WALL
from tests.e2e.watching import fits
from traces.models import Experiment, Trace

CORPUS = Path("traces/tests/corpus")
SCENARIOS = ["oi-openai-claims-rag", "oi-langgraph-sql", "oi-langchain-tax-rag", "oi-anthropic-bank"]


@pytest.fixture
def session(alice, bob, charlie, mallory, aside, import_traces) -> LabelingSession:
    """Four traces, two reviews each. 1: they differ. 2: all decline. 3: alice alone. Charlie has not started."""
    for scenario in SCENARIOS:
        import_traces(*CORPUS.glob(f"{scenario}/otlp-*.pb"))
    experiment = Experiment.objects.get(pk=0)
    labels = {"positive_label": "Correct", "negative_label": "Incorrect"}
    kinds = {
        "correct": ("Is the answer correct?", {"pass_fail": labels}),
        "completeness": ("How complete is it?", {"rating": {"min": 1, "max": 5, "max_label": "Everything"}}),
        "ideal": ("The ideal answer", {"text": {}}),
    }  # fmt: skip
    specs = [
        QuestionSpec(
            LabelSchema.objects.ask(experiment=experiment, name=name, type="feedback", title=title, input=input)
        )
        for name, (title, input) in kinds.items()
    ]
    session = LabelingSession.objects.create(
        experiment=experiment, name="Claims answers, March", reviews_per_item=2, created_by=mallory
    )
    session.add_traces(Trace.objects.exclude(request_preview="")[:4])
    session.set_questions(specs)
    session.set_reviewers([alice, bob, charlie])

    def work() -> None:
        session.open()
        judge(session, alice, correct=False, completeness=2, ideal="=Say no.", why="It promises too much.")
        judge(session, bob, correct=True, completeness=5)
        put_aside(session, alice, reason="not_my_field", note="tax law")
        put_aside(session, bob)
        judge(session, alice, correct=True, completeness=4)

    aside(work)
    return session


def test_the_page_follows_the_work_and_keeps_the_managers_place(page, new_page, sign_in, session, mallory, bob):
    sign_in(page, mallory.email)
    with page.expect_websocket():
        page.goto(f"/labeling/sessions/{session.pk}/")
    expect(page.locator("#figure-done")).to_contain_text("1 / 4")
    page.get_by_text("Read the latest").click()
    page.locator("#figure-different").focus()

    other = new_page()
    sign_in(other, bob.email)
    other.goto(f"/labeling/sessions/{session.pk}/review/")
    other.get_by_test_id("question-correct").get_by_test_id("option-true").click()
    other.get_by_test_id("submit").click()

    expect(page.locator("#figure-done")).to_contain_text("2 / 4")
    expect(page.get_by_text("=Say no.")).to_be_visible()  # what was opened stays open
    expect(page.locator("#figure-different")).to_be_focused()


def test_a_number_opens_the_items_and_an_item_what_was_said(page, sign_in, session, mallory):
    sign_in(page, mallory.email)
    page.goto(f"/labeling/sessions/{session.pk}/")

    page.get_by_role("link", name="Incorrect 33 %").click()
    expect(page.get_by_role("status").filter(has_text="1 item:")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Show all").click()
    page.get_by_role("link", name="Declined", exact=True).click()
    expect(page).to_have_url(re.compile(r"/items/\?show=declined$"))
    expect(page.get_by_text("Not my field – tax law")).to_be_visible()
    page.go_back()
    expect(page.locator(".items__what a")).to_have_count(4)
    page.locator(".items__what a").first.click()

    expect(page.locator("#conversation")).to_be_visible()
    expect(page.get_by_text("It promises too much.")).to_be_visible()
    axe(page)


def test_a_link_for_who_has_not_started_can_be_copied(page, sign_in, session, mallory):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, mallory.email)
    page.goto(f"/labeling/sessions/{session.pk}/")

    page.get_by_role("button", name="Sign-in link for Charlie Ito").click()
    expect(page.get_by_role("button", name="Copy")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert "/accounts/sign-in/link/?sesame=" in page.evaluate("navigator.clipboard.readText()")
    axe(page)


def test_the_export_menu_closes_on_a_click_elsewhere_and_on_escape(page, sign_in, session, mallory):
    sign_in(page, mallory.email)
    page.goto(f"/labeling/sessions/{session.pk}/")
    export, link = page.locator("summary", has_text="Export"), page.get_by_role("link", name="Table (CSV)")

    export.click()
    expect(link).to_be_visible()
    page.get_by_role("heading", level=1).click()
    expect(link).to_be_hidden()

    export.click()
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(export).to_be_focused()


def test_the_table_is_what_was_typed(page, sign_in, session, mallory):
    sign_in(page, mallory.email)
    page.goto(f"/labeling/sessions/{session.pk}/")
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Table (CSV)").click()

    assert download.value.suggested_filename == "claims-answers-march.csv"
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["item"], row["question"], row["value"], row["source_id"]) for row in rows} == {
        ("1", "correct", "false", "alice@example.org"),
        ("1", "completeness", "2", "alice@example.org"),
        ("1", "ideal", "'=Say no.", "alice@example.org"),
        ("1", "correct", "true", "bob@example.org"),
        ("1", "completeness", "5", "bob@example.org"),
        ("3", "correct", "true", "alice@example.org"),
        ("3", "completeness", "4", "alice@example.org"),
    }


def test_without_script_a_manager_closes_and_makes_a_link(new_page, sign_in, session, mallory):
    page = new_page(java_script_enabled=False)
    sign_in(page, mallory.email)
    page.goto(f"/labeling/sessions/{session.pk}/")

    page.get_by_role("button", name="Sign-in link for Charlie Ito").click()
    expect(page.get_by_role("textbox", name="Sign-in link")).to_have_value(re.compile("/accounts/sign-in/link/"))
    page.get_by_role("link", name="Back to the session").click()
    page.get_by_role("button", name="Close").click()

    expect(page.get_by_text("The session is closed")).to_be_visible()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK, WALL], ids=["phone", "desk", "wall"])
def test_pages_are_for_everybody(new_page, sign_in, session, mallory, viewport, color_scheme):
    page = new_page(viewport=viewport, color_scheme=color_scheme)
    sign_in(page, mallory.email)
    for path in ["/", "/labeling/sessions/", f"/labeling/sessions/{session.pk}/", "/no-such-page/"]:
        page.goto(path)
        axe(page)
        fits(page)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_an_experts_home_is_for_everybody(new_page, sign_in, session, alice, color_scheme):
    page = new_page(viewport=PHONE, color_scheme=color_scheme)
    sign_in(page, alice.email)

    expect(page.get_by_role("link", name="Continue Claims answers, March")).to_be_focused()
    axe(page)
    fits(page)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/labeling/sessions/{session.pk}/review/$"))
