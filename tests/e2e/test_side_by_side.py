"""Two endpoints side by side, in a real browser against real streams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chat.models import Endpoint, Round
from tests.e2e.accessibility import axe
from tests.e2e.conftest import PHONE
from tests.e2e.speaking_endpoint import SpeakingEndpoint
from tests.e2e.watching import fits
from traces.models import Assessment, Experiment

GOOD = "Yes: **water damage** is covered when it was sudden.\n\n- Section 3.2 says so\n- You pay EUR 250 yourself"
POOR = "It depends on many things, so please read your policy carefully before you ask."


@pytest.fixture
def endpoints(db, alice, mallory) -> Iterator[dict[str, SpeakingEndpoint]]:
    experiment = Experiment.objects.create(name="claims")
    speaking = {"v2.3": SpeakingEndpoint(POOR), "v2.4": SpeakingEndpoint(GOOD)}
    for version, each in speaking.items():
        each.model = f"claims-{version}"
        made = Endpoint.objects.create(name="Claims assistant", version=version, url=each.url, experiment=experiment)
        made.people.add(alice)
    yield speaking
    for each in speaking.values():
        each.stop()


def begin(page: Page) -> None:
    page.goto("/chat/compare/")
    page.get_by_label("One", exact=True).select_option(label="Claims assistant v2.3")
    page.get_by_label("The other", exact=True).select_option(label="Claims assistant v2.4")
    page.get_by_role("button", name="Compare", exact=True).click()


def ask(page: Page, message: str) -> None:
    page.locator("side-by-side:defined").wait_for()  # its keys act from then on
    page.get_by_test_id("chat-input").fill(message)
    page.get_by_test_id("chat-input").press("Enter")
    expect(page.get_by_text(message, exact=True)).to_be_visible()


def telling(page: Page) -> list[str]:
    """Return what the page holds, anywhere, that tells whose an answer is."""
    html = page.content()
    return [word for word in ("Claims assistant", "v2.3", "v2.4", "/traces/") if word in html]


def test_both_answer_at_once_and_stay_unnamed_until_judged_by_key(page, sign_in, endpoints, alice):
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    endpoints["v2.4"].hold()
    sign_in(page, alice.email)
    begin(page)
    ask(page, "My basement flooded. Am I covered?")

    expect(page.get_by_text("before you ask.")).to_be_visible()  # one has ended …
    expect(page.locator("article[aria-busy=true]")).to_contain_text("water damage")  # … the other is on its way
    assert telling(page) == []
    endpoints["v2.4"].go_on()
    expect(page.get_by_text("EUR 250")).to_be_visible()
    expect(page.locator("article[aria-busy=true]")).to_have_count(0)
    assert telling(page) == []
    assert not [frame for frame in frames if "v2." in frame or "Claims" in frame]
    axe(page)

    made = Round.objects.get()
    page.keyboard.press("2" if made.first_is_left else "1")

    better = page.locator(".side--better")
    expect(better).to_contain_text("Claims assistant v2.4")
    expect(better).to_contain_text("EUR 250")
    page.get_by_text("Clearer").click()
    page.get_by_label("Comment").fill("Names the section.")
    page.get_by_role("heading", name="Side by side").click()  # leaves the field
    expect(page.get_by_text("Saved")).to_be_visible()
    axe(page)
    expect(page.locator(".htmx-request")).to_have_count(0)
    said = {each.value: each for each in Assessment.objects.filter(name="side_by_side", valid=True)}
    assert set(said) == {"better", "worse"}
    assert said["better"].rationale == "Clearer\nNames the section."
    assert said["better"].trace.turn.conversation.endpoint.version == "v2.4"


def test_a_verdict_in_the_middle_keeps_the_stream(page, sign_in, endpoints, alice):
    for each in endpoints.values():
        each.hold()
    sign_in(page, alice.email)
    begin(page)
    ask(page, "Am I covered?")
    expect(page.locator("article[aria-busy=true]")).to_have_count(2)

    page.keyboard.press("3")
    expect(page.get_by_role("button", name="Equally good")).to_have_attribute("aria-pressed", "true")
    for each in endpoints.values():
        each.go_on()

    expect(page.get_by_text("EUR 250")).to_be_visible()
    expect(page.get_by_text("before you ask.")).to_be_visible()
    expect(page.locator("article[aria-busy=true]")).to_have_count(0)
    expect(page.get_by_text("Claims assistant v2.4")).to_be_visible()
    page.keyboard.press("4")
    expect(page.get_by_role("button", name="Both bad")).to_have_attribute("aria-pressed", "true")
    page.wait_for_load_state("networkidle")
    assert Assessment.objects.filter(name="side_by_side", valid=True, value="both bad").count() == 2


def test_both_are_stopped_by_escape_and_the_talk_goes_on(page, sign_in, endpoints, alice):
    for each in endpoints.values():
        each.hold()
    sign_in(page, alice.email)
    begin(page)
    ask(page, "Am I covered?")
    expect(page.locator("article[aria-busy=true]")).to_have_count(2)

    page.keyboard.press("Escape")
    expect(page.locator("article[data-state=stopped]")).to_have_count(2)
    for each in endpoints.values():
        each.go_on()
    ask(page, "And hail?")

    expect(page.locator("[data-round]").nth(1).locator("article[data-state=complete]")).to_have_count(2)
    history = json.dumps(endpoints["v2.4"].asked[-1]["messages"])
    assert "Am I covered?" in history
    assert "Yes: **water" in history  # its own answer, not the other's


def test_on_a_phone_the_answers_stand_one_above_the_other(new_page, sign_in, endpoints, alice):
    page = new_page(viewport=PHONE, has_touch=True)
    sign_in(page, alice.email)
    begin(page)
    ask(page, "Am I covered?")
    expect(page.locator("article[data-state=complete]")).to_have_count(2)

    boxes: list[Any] = [side.bounding_box() for side in page.locator(".side").all()]
    assert boxes[0]["x"] == boxes[1]["x"]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    fits(page)
    axe(page)
    page.get_by_role("button", name="Equally good").tap()
    expect(page.get_by_text("Claims assistant v2.4")).to_be_visible()


def test_without_scripts_it_works_by_forms(new_page, sign_in, endpoints, alice):
    page = new_page(java_script_enabled=False)
    sign_in(page, alice.email)
    begin(page)
    page.get_by_test_id("chat-input").fill("Am I covered?")
    page.get_by_test_id("chat-send").click()
    expect(page.get_by_text("EUR 250")).to_be_visible(timeout=15_000)  # the page asks again by itself

    page.get_by_role("button", name="Both bad").click()

    expect(page.get_by_text("What is wrong?")).to_be_visible()
    expect(page.get_by_text("Claims assistant v2.3")).to_be_visible()
