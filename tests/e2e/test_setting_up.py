"""A manager sets up a session on one page, with and without scripts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from labeling.models import LabelingSession, LabelSchema
from tests.e2e.accessibility import axe, in_both_schemes
from tests.e2e.conftest import PHONE, WALL
from traces.models import Experiment, Trace


@pytest.fixture
def claims(db) -> Experiment:
    """An experiment with 30 traces, 6 of them tagged, and one question in its library."""
    experiment = Experiment.objects.create(name="claims")
    Trace.objects.bulk_create(
        Trace(
            trace_id=f"tr-{n:032x}",
            experiment=experiment,
            state="OK",
            request_time=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=n),
            request_preview=f"Is damage {n} covered?",
            response_preview="Up to 10,000.",
            tags={"env": "prod"} if n % 5 == 0 else {},
        )
        for n in range(30)
    )
    LabelSchema.objects.ask(
        experiment=experiment,
        name="correct",
        type="feedback",
        title="Is the answer correct?",
        input={"pass_fail": {"positive_label": "Correct", "negative_label": "Incorrect"}},
    )
    return experiment


def begin(page: Page, sign_in, manager: User) -> None:
    sign_in(page, manager.email)
    page.goto("/labeling/sessions/")
    page.get_by_role("button", name="New session").click()
    page.wait_for_url("**/setup/")


def test_a_session_from_nothing_to_open(page, sign_in, claims, alice, mallory):
    begin(page, sign_in, mallory)
    found, preview, bar = page.locator("#found"), page.locator("#preview"), page.locator("#setup-bar")

    page.get_by_label("Name of the session").fill("Claims, spring")
    page.get_by_label("Tag").fill("env=prod")
    expect(found).to_contain_text("6 traces match.")
    page.get_by_label("How many", exact=True).fill("4")
    expect(found).to_contain_text("4 are drawn at random")
    page.get_by_text("As filter text").click()
    page.get_by_label("Filter text").fill("status = 'OK' OR")
    expect(found.get_by_role("alert")).to_contain_text("At character 15: OR is not understood")
    page.get_by_label("Filter text").fill("")
    expect(found).to_contain_text("6 traces match.")

    page.get_by_text("Add from the library").click()
    page.get_by_role("button", name="Add “Is the answer correct?”").click()
    expect(preview.get_by_test_id("question-correct")).to_be_visible()

    page.get_by_role("link", name="New question").click()
    page.get_by_label("Question", exact=True).fill("What is wrong?")
    page.locator(".segments").get_by_text("Choice").click()
    page.get_by_label("Option 1", exact=True).fill("Invented")
    page.get_by_label("Option 2", exact=True).fill("Outdated")
    expect(page.locator(".question-form__preview")).to_contain_text("Outdated")
    axe(page)
    page.get_by_role("button", name="Add the question").click()
    expect(preview.get_by_test_id("question-what_is_wrong")).to_be_visible()

    page.get_by_label("Settings of “What is wrong?”").click()
    page.get_by_label("only if “Is the answer correct?” is").check()
    page.get_by_role("group", name="Answers to “Is the answer correct?”").get_by_label("Incorrect").check()
    expect(preview).to_contain_text("Only if “Is the answer correct?” is “Incorrect”.")
    axe(page)

    page.get_by_role("button", name="Open the session").click()
    expect(page.get_by_role("alert")).to_contain_text("Add the people who are to answer.")
    assert page.url.endswith("#part-people")

    page.get_by_role("button", name="Add Alice Weber").click()
    expect(page.get_by_role("list", name="Reviewers")).to_contain_text("Alice Weber")
    expect(page.locator("#workload")).to_contain_text("4 × 1 = 4 to review, by one person")
    page.get_by_label("What reviewers should know").fill("Look at **the policy**.")
    expect(page.locator("#instructions-shown strong")).to_have_text("the policy")
    expect(bar).not_to_contain_text("missing")
    page.get_by_role("button", name="Open the session").click()
    expect(page.get_by_text("The session is open.")).to_be_visible()
    axe(page)

    session = LabelingSession.objects.get()
    first, second = session.questions.all()
    assert (session.name, session.state, session.n_items) == ("Claims, spring", "open", 4)
    assert (first.schema.name, second.show_if) == ("correct", {"correct": False})
    assert session.instructions == "Look at **the policy**."


def test_questions_are_ordered_by_mouse_and_by_keyboard(page, sign_in, claims, mallory):
    begin(page, sign_in, mallory)
    page.get_by_text("Add from the library").click()
    for name in ("Add “Is the answer correct?”", "Add “What would the ideal answer be?”"):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("button", name=name)).to_have_count(0)
        page.get_by_text("Add from the library").click()
    rows = page.locator(".qrow .qrow__words > span")
    expect(rows).to_have_text(["Is the answer correct?", "What would the ideal answer be?"])

    grips = page.locator("[data-grip]")
    with page.expect_response(re.compile("/order/")):
        grips.nth(1).drag_to(grips.nth(0), target_position={"x": 4, "y": 2})
    expect(rows).to_have_text(["What would the ideal answer be?", "Is the answer correct?"])

    page.get_by_label("Move “Is the answer correct?” up").focus()
    with page.expect_response(re.compile("/move/")):
        page.keyboard.press("Enter")
    expect(rows).to_have_text(["Is the answer correct?", "What would the ideal answer be?"])
    expect(page.get_by_label("Move “Is the answer correct?” up")).to_be_focused()


def test_the_whole_set_up_without_scripts(new_page, sign_in, claims, bob, mallory):
    page = new_page(java_script_enabled=False)
    begin(page, sign_in, mallory)
    page.get_by_label("By hand").check(force=True)
    page.get_by_role("button", name="Save and count").click()
    page.get_by_label("Is damage 29 covered?").check()
    page.get_by_role("button", name="Older").click()
    page.get_by_label("Is damage 3 covered?").check()
    page.get_by_role("button", name="Keep these ticks").click()
    expect(page.locator("#found")).to_contain_text("2 traces are picked.")

    page.get_by_role("link", name="New question").click()
    page.get_by_label("Question", exact=True).fill("Is it polite?")
    page.get_by_role("button", name="Add the question").click()
    page.get_by_text("Invite somebody new").click()
    page.get_by_label("Name", exact=True).fill("Nina Ruiz")
    page.get_by_label("E-mail", exact=True).fill("nina@example.org")
    page.get_by_role("button", name="Add and make a link").click()
    expect(page.get_by_role("textbox", name="Sign-in link for Nina Ruiz")).to_have_value(
        re.compile("/accounts/sign-in/link/")
    )
    page.get_by_role("button", name="Open the session").click()
    expect(page.get_by_text("The session is open.")).to_be_visible()
    assert LabelingSession.objects.get().n_items == 2


@pytest.mark.parametrize("viewport", [PHONE, WALL], ids=["phone", "wall"])
def test_it_fits_every_screen(new_page, sign_in, claims, alice, mallory, viewport):
    page = new_page(viewport=viewport)
    begin(page, sign_in, mallory)
    LabelingSession.objects.get().set_reviewers([alice])
    page.locator(".segments").get_by_text("By hand").click()
    expect(page.locator(".pick")).to_have_count(20)
    for address in (page.url, f"{page.url}try/", "/labeling/questions/", "/labeling/questions/new/"):
        page.goto(address)
        in_both_schemes(page)
