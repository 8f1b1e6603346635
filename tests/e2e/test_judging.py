"""Judging an answer of the chat, on its own page: the same panel stands under each answer of the talk."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from chat.models import Conversation, Endpoint, EndpointQuestion, Turn
from labeling.models import LabelSchema
from tests.e2e.accessibility import axe
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.watching import fits
from traces.models import Assessment, Experiment

ANSWER = "No, your **Home Plus** cover stays in force while you travel. You will receive EUR 9,530 as calculated above."
BETTER = "No, your **Home Plus** cover stays in force for 30 days of travel."


@pytest.fixture
def turn(alice, mallory) -> Turn:
    """An answer to alice, with two questions about each answer, the second only for wrong ones."""
    experiment = Experiment.objects.get(pk=0)
    endpoint = Endpoint.objects.create(
        name="Claims assistant", version="v2.3", url="http://127.0.0.1:9/v1", experiment=experiment, created_by=mallory
    )
    labels = {"positive_label": "Correct", "negative_label": "Incorrect"}
    problems = {"options": ["Ignores a source", "Made up", "Outdated"]}
    for position, (name, title, input) in enumerate(
        [
            ("correct", "Is the answer correct?", {"pass_fail": labels}),
            ("problem", "What is wrong?", {"categorical": problems}),
        ],
        start=1,
    ):
        schema = LabelSchema.objects.ask(
            experiment=experiment,
            name=name,
            type="feedback",
            title=title,
            input=input,
            enable_comment=name == "problem",
        )
        show_if = {"correct": False} if name == "problem" else {}
        EndpointQuestion.objects.create(endpoint=endpoint, schema=schema, position=position, show_if=show_if)
    talk = Conversation.objects.create(endpoint=endpoint, user=alice, title="Burst pipe while away")
    started = timezone.now() - timedelta(minutes=2)
    return Turn.objects.create(
        conversation=talk,
        message="The house was empty for five weeks. Does that change anything?",
        text=ANSWER,
        state=Turn.State.COMPLETE,
        finish_reason="stop",
        started_at=started,
        ended_at=started + timedelta(seconds=3),
    )


def opened(page: Page, turn: Turn) -> Page:
    page.goto(f"/chat/turns/{turn.pk}/judging/")
    return page


def said(name: str) -> list[tuple[object, str]]:
    rows = Assessment.objects.valid().filter(name=name)
    return [(each.value, each.rationale) for each in rows]


def has_saved(page: Page) -> None:
    expect(page.locator("[data-saved-state]")).to_have_text("Saved")


def test_a_click_saves_and_what_is_typed_saves_itself(page, sign_in, turn, aside):
    sign_in(page, "alice@example.org")
    opened(page, turn)
    page.get_by_test_id("thumb-bad").click()
    expect(page.get_by_test_id("thumb-bad")).to_have_attribute("aria-pressed", "true")
    assert aside(lambda: said("thumbs")) == [(False, "")]

    page.get_by_test_id("option-false").click()
    page.get_by_test_id("option-Made up").click()
    page.get_by_placeholder("Anything the team should know?").fill("Section 3.9 says otherwise.")
    has_saved(page)
    assert aside(lambda: said("problem")) == [("Made up", "")]
    assert aside(lambda: said("thumbs")) == [(False, "Section 3.9 says otherwise.")]

    page.reload()
    expect(page.get_by_placeholder("Anything the team should know?")).to_have_value("Section 3.9 says otherwise.")
    expect(page.get_by_test_id("option-Made up").locator("input")).to_be_checked()


def test_keys_judge_and_never_while_somebody_writes(page, sign_in, turn, aside):
    sign_in(page, "alice@example.org")
    opened(page, turn)
    page.keyboard.press("-")
    expect(page.get_by_test_id("thumb-bad")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("+")
    expect(page.get_by_test_id("thumb-good")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("thumb-bad")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("2")
    page.keyboard.press("1")  # of the question that this brought up
    expect(page.get_by_test_id("option-Ignores a source").locator("input")).to_be_checked()

    comment = page.get_by_placeholder("Anything the team should know?")
    comment.click()
    page.keyboard.type("1 + 1 - e")
    expect(comment).to_have_value("1 + 1 - e")
    has_saved(page)
    assert aside(lambda: said("thumbs")) == [(True, "1 + 1 - e")]
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.get_by_test_id("better-text")).to_be_focused()


def test_a_better_answer_shows_what_changed_and_is_not_lost_before_it_is_saved(page, sign_in, turn, aside):
    sign_in(page, "alice@example.org")
    opened(page, turn)
    page.keyboard.press("e")
    better = page.get_by_test_id("better-text")
    expect(better).to_have_value(ANSWER)
    better.fill(BETTER)
    expect(page.locator("[data-diff] ins").first).to_have_text("for")
    expect(page.locator("[data-better-state]")).to_have_text("Not saved yet")

    page.get_by_test_id("thumb-bad").click()  # draws the panel anew
    expect(page.get_by_test_id("thumb-bad")).to_have_attribute("aria-pressed", "true")
    expect(better).to_have_value(BETTER)
    page.reload()
    expect(better).to_have_value(BETTER)
    assert aside(lambda: said("expected_response")) == []

    better.press("Control+Enter")
    expect(page.locator("[data-better-state]")).to_have_text("Saved")
    assert aside(lambda: said("expected_response")) == [(BETTER, "")]
    page.get_by_test_id("better-withdraw").click()
    expect(page.get_by_text("Write a better answer")).to_be_visible()
    assert aside(lambda: said("expected_response")) == []
    page.reload()
    page.get_by_text("Write a better answer").click()
    expect(page.get_by_test_id("better-text")).to_have_value(ANSWER)


def test_what_is_wrong_is_said_and_the_rest_is_saved(page, sign_in, turn, aside):
    experiment = Experiment.objects.get(pk=0)
    note = LabelSchema.objects.ask(
        experiment=experiment, name="note", type="feedback", title="A note", input={"text": {"max_length": 5}}
    )
    EndpointQuestion.objects.create(endpoint=turn.conversation.endpoint, schema=note, position=3)
    sign_in(page, "alice@example.org")
    opened(page, turn)
    page.get_by_test_id("option-true").click()
    page.get_by_role("textbox", name="A note").fill("much too long")
    expect(page.get_by_text("This is 8 characters too long")).to_be_visible()
    expect(page.locator("[data-saved-state]")).to_contain_text("What is marked is not saved yet")
    assert aside(lambda: said("correct")) == [(True, "")]

    page.get_by_role("textbox", name="A note").fill("short")
    has_saved(page)
    expect(page.get_by_text("This is 8 characters too long")).to_be_hidden()
    assert aside(lambda: said("note")) == [("short", "")]


def test_marked_words_become_evidence_for_the_question(page, sign_in, turn, aside):
    sign_in(page, "alice@example.org")
    opened(page, turn)
    page.get_by_test_id("option-false").click()
    page.locator(".judging-page__answer strong").dblclick(position={"x": 8, "y": 8})  # marks its first word
    page.keyboard.press("q")
    expect(page.locator(".evidence q").first).to_have_text("Home")
    has_saved(page)
    (kept,) = aside(lambda: [each.metadata["reviewapp.evidence"] for each in Assessment.objects.valid()])
    assert '"field": "outputs"' in kept
    page.reload()
    expect(page.locator(".evidence q").first).to_have_text("Home")


def test_what_is_typed_without_a_network_is_sent_when_it_is_back(page, sign_in, turn, watch_of, aside):
    sign_in(page, "alice@example.org")
    opened(page, turn)
    page.get_by_test_id("thumb-good").click()
    comment = page.get_by_placeholder("Anything the team should know?")
    with watch_of(page).offline():
        comment.fill("Typed in a tunnel.")
        expect(page.locator("[data-saved-state]")).to_contain_text("Offline")
    has_saved(page)
    assert aside(lambda: said("thumbs")) == [(True, "Typed in a tunnel.")]


def test_it_works_without_scripts(new_page, sign_in, turn, aside):
    page = new_page(java_script_enabled=False)
    sign_in(page, "alice@example.org")
    opened(page, turn)
    page.get_by_test_id("option-false").click()
    page.get_by_role("button", name="Save").first.click()
    assert aside(lambda: said("correct")) == [(False, "")]
    opened(page, turn)
    page.get_by_text("Write a better answer").click()
    page.get_by_test_id("better-text").fill(BETTER)
    page.get_by_test_id("better-save").click()
    assert aside(lambda: said("expected_response")) == [(BETTER, "")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_it_fits_and_can_be_read_by_everybody(new_page, sign_in, turn, viewport, scheme):
    page = new_page(viewport=viewport, color_scheme=scheme)
    sign_in(page, "alice@example.org")
    opened(page, turn)
    page.get_by_test_id("thumb-bad").click()
    expect(page.get_by_test_id("thumb-bad")).to_have_attribute("aria-pressed", "true")
    page.get_by_test_id("option-false").click()
    page.get_by_text("Write a better answer").click()
    page.get_by_test_id("better-text").fill(BETTER)
    has_saved(page)
    fits(page)
    axe(page)
    expect(page.get_by_test_id("judging")).to_contain_text(re.compile("What is wrong"))
