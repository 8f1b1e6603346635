"""The list of traces as developers and managers use it."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from labeling.models import LabelingSession
from tests.e2e.accessibility import axe
from tests.e2e.conftest import DESK, PHONE, WALL
from tests.e2e.watching import fits
from traces.models import Assessment, Experiment, SavedView, Trace
from traces.search.full_text import write_texts

QUESTIONS = [
    ("My basement flooded after the storm. Am I covered?", "Your policy covers **sudden** water damage."),
    ("My bike was stolen from the shared cellar, the lock is gone", "Bicycles are covered up to EUR 1,500 if locked."),
    ("هل يغطي التأمين أضرار العاصفة؟", "نعم، يغطي بند 3.4 أضرار العواصف"),
    ("Zahlt die Gebäudeversicherung bei Überschwemmung?", ""),
    ("How long do I have to report a claim?", "Report it without delay, at the latest within 14 days."),
]


@pytest.fixture
def traces(dana) -> list[Trace]:
    box = Experiment.objects.create(name="claims")
    made = []
    for number, (question, answer) in enumerate(QUESTIONS):
        made.append(
            Trace.objects.create(
                trace_id=f"tr-{number:032x}", experiment=box, name="assistant_turn", request_preview=question,
                response_preview=answer, state="ERROR" if number == 3 else "OK", tags={"env": "prod"},
                request_time=timezone.now() - timedelta(minutes=7 * number + 3), execution_duration_ms=4100 + number,
            )
        )  # fmt: skip
        write_texts([(made[-1].pk, question, answer)])
    for trace, value, who, source in [
        (made[0], False, "alice@example.org", "HUMAN"), (made[0], False, "bob@example.org", "HUMAN"),
        (made[0], True, "judge", "LLM_JUDGE"), (made[1], False, "judge", "LLM_JUDGE"),
        (made[2], True, "alice@example.org", "HUMAN"),
    ]:  # fmt: skip
        Assessment.objects.create(
            trace=trace, kind="feedback", name="correct", value=value, source_type=source, source_id=who
        )
    return made


@pytest.fixture
def listed(page, sign_in, traces, dana) -> Page:
    sign_in(page, dana.email)
    page.goto("/traces/")
    return page


def rows(page: Page):
    return page.locator("[data-row]")


def test_a_filter_is_written_with_the_keyboard_alone(listed):
    field = listed.get_by_role("combobox", name="Filter")
    field.focus()
    expect(listed.get_by_role("option", name="status")).to_be_visible()
    field.press_sequentially("feedb")
    expect(listed.get_by_role("option")).to_have_count(1)
    listed.keyboard.press("ArrowDown")
    listed.keyboard.press("Tab")
    expect(field).to_have_value("feedback.")
    expect(listed.get_by_role("option", name="feedback.correct")).to_be_visible()
    axe(listed)
    listed.keyboard.press("ArrowUp")
    listed.keyboard.press("Enter")
    expect(field).to_have_value("feedback.correct ")
    field.press_sequentially("= ")
    expect(listed.get_by_role("option", name="'false'")).to_be_visible()
    listed.keyboard.press("ArrowDown")
    listed.keyboard.press("Enter")
    expect(field).to_have_value("feedback.correct = 'false' ")
    listed.keyboard.press("Escape")
    listed.keyboard.press("Enter")

    expect(listed).to_have_url(re.compile("filter=feedback.correct"))
    expect(rows(listed)).to_have_count(2)


def test_a_wrong_filter_is_underlined_where_it_is_wrong(listed):
    listed.get_by_role("combobox", name="Filter").fill("status = 'OK' AND colour = 'red'")
    listed.keyboard.press("Escape")
    listed.keyboard.press("Enter")

    expect(listed.get_by_role("alert")).to_contain_text("is not known")
    expect(listed.locator("mark")).to_have_text("colour")
    expect(listed.get_by_role("combobox", name="Filter")).to_be_focused()
    axe(listed)


def test_chips_words_and_columns_narrow_and_widen(listed):
    listed.get_by_role("link", name="Errors").click()
    expect(rows(listed)).to_have_count(1)
    listed.get_by_role("link", name="Errors").click()
    listed.get_by_role("searchbox").fill("uberschwemmung")
    listed.keyboard.press("Enter")
    expect(rows(listed)).to_have_count(1)
    listed.get_by_role("link", name="Clear").click()
    expect(rows(listed)).to_have_count(5)
    listed.locator("summary", has_text="Columns").click()
    listed.get_by_label("correct").check()
    listed.get_by_role("button", name="Show").click()

    expect(listed.get_by_role("columnheader", name="correct")).to_be_visible()
    expect(rows(listed).first.locator(".said")).to_contain_text("no 2")
    axe(listed)


def test_rows_are_chosen_by_shift_and_by_key_deleted_and_had_back(listed):
    expect(listed.locator("[data-bulk]")).to_be_hidden()
    boxes = listed.locator("input[name=trace]")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(listed.locator("[data-count]").last).to_have_text("3 chosen")
    listed.keyboard.press("j")
    listed.keyboard.press("x")
    expect(listed.get_by_text("2 chosen")).to_be_visible()
    axe(listed)
    listed.get_by_role("button", name="Delete").click()

    expect(listed.get_by_text("2 traces are deleted.")).to_be_visible()
    expect(rows(listed)).to_have_count(3)
    axe(listed)
    listed.get_by_role("button", name="Undo").click()
    expect(rows(listed)).to_have_count(5)


def test_chosen_traces_are_tagged_and_put_into_a_session(page, sign_in, traces, mallory):
    sign_in(page, mallory.email)
    page.goto("/traces/")
    page.get_by_label("Choose all on this page").check()
    page.locator("summary", has_text="Tag").click()
    page.get_by_label("Tag", exact=True).fill("batch")
    page.get_by_label("Value").fill("7")
    axe(page)
    page.get_by_role("button", name="Set the tag").click()
    expect(page.get_by_text("5 traces are tagged.")).to_be_visible()

    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="Add to session").click()
    expect(page.get_by_role("heading", name="Add 5 traces to a session")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("5 traces are now in the session.")).to_be_visible()
    assert LabelingSession.objects.get().n_items == 5


def test_a_view_is_saved_and_opened(listed):
    listed.get_by_role("link", name="Errors").click()
    listed.locator("summary", has_text="Save view").click()
    listed.get_by_label("Name of the view").fill("Bad ones")
    listed.get_by_role("button", name="Save", exact=True).click()
    expect(listed.get_by_text("is saved")).to_be_visible()
    listed.goto("/traces/")
    listed.locator("summary", has_text="Saved views").click()
    listed.get_by_role("link", name="Bad ones").click()

    expect(rows(listed)).to_have_count(1)
    assert SavedView.objects.get().query == "state=ERROR"


def a_trace() -> dict[str, Any]:
    now = time.time_ns()
    span = {
        "traceId": "ab" * 16, "spanId": "cd" * 8, "name": "answer", "startTimeUnixNano": str(now),
        "endTimeUnixNano": str(now + 10**9),
        "attributes": [{"key": "input.value", "value": {"stringValue": "Is hail covered?"}}],
    }  # fmt: skip
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def test_new_traces_are_announced_and_the_list_stays(page, sign_in, traces, dana, server):
    sign_in(page, dana.email)
    with page.expect_websocket():
        page.goto("/traces/")
    expect(rows(page)).to_have_count(5)

    assert page.request.post("/v1/traces", data=a_trace()).ok
    expect(page.get_by_role("link", name="1 new trace")).to_be_visible()
    expect(rows(page)).to_have_count(5)
    page.get_by_role("link", name="1 new trace").click()
    expect(rows(page)).to_have_count(6)


def test_without_script_everything_works(new_page, sign_in, traces, dana):
    page = new_page(java_script_enabled=False)
    sign_in(page, dana.email)
    page.goto("/traces/")
    page.get_by_label("Filter").fill("feedback.correct = 'true'")
    page.get_by_role("button", name="Search").click()
    expect(rows(page)).to_have_count(2)
    page.locator("input[name=trace]").first.check()
    page.get_by_role("button", name="Delete").click()
    expect(rows(page)).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_count(2)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK, WALL], ids=["phone", "desk", "wall"])
def test_the_list_is_for_everybody(new_page, sign_in, traces, dana, viewport, color_scheme):
    page = new_page(viewport=viewport, color_scheme=color_scheme)
    sign_in(page, dana.email)
    page.goto("/traces/?column=correct&filter=status+%3D+%27OK%27")
    page.locator("input[name=trace]").first.check()
    axe(page)
    fits(page)


def test_suggestions_do_not_cover_what_is_wrong_with_the_filter(page, sign_in, traces, dana):
    sign_in(page, dana.email)
    page.goto("/traces/?filter=status+%3D+%27NOPE%27")
    expect(page.locator("trace-filter:defined")).to_be_attached()
    field, options = page.get_by_label("Filter", exact=True), page.get_by_role("listbox")
    expect(field).to_be_focused()

    page.wait_for_timeout(500)
    expect(options).to_be_hidden()

    field.press("End")
    field.type(" A")
    expect(options).to_be_visible()
