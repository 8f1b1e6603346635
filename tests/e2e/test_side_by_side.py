"""Two endpoints side by side, in a real browser against real streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chat import comparing
from chat.models import Endpoint, Round, Turn
from labeling.models import LabelingSession
from tests.e2e.accessibility import axe
from tests.e2e.conftest import PHONE
from tests.e2e.endpoint import Application, Asked, application
from tests.e2e.watching import fits
from traces.models import Assessment, Experiment

GOOD = "Yes: **water damage** is covered when it was sudden.\n\n- Section 3.2 says so\n- You pay EUR 250 yourself"
POOR = "It depends, so please read your policy before you ask."
Apps = dict[str, Application]


@pytest.fixture
def apps(db, alice, bob) -> Iterator[Apps]:
    """Two versions that alice may chat with."""
    experiment = Experiment.objects.create(name="claims")
    with application() as old, application() as new:
        for version, app in (("v2.3", old), ("v2.4", new)):
            made = Endpoint.objects.create(name="Claims assistant", version=version, url=app.url, experiment=experiment)
            made.people.add(alice)
        yield {"v2.3": old, "v2.4": new}


def begin(page: Page) -> None:
    page.goto("/chat/compare/")
    page.get_by_label("One", exact=True).select_option(label="Claims assistant v2.3")
    page.get_by_label("The other", exact=True).select_option(label="Claims assistant v2.4")
    page.get_by_role("button", name="Compare", exact=True).click()


def ask(page: Page, apps: Apps, message: str) -> tuple[Asked, Asked]:
    """Ask both; return what the older and the newer were asked."""
    page.locator("side-by-side:defined").wait_for()  # its keys act from then on
    page.get_by_test_id("chat-input").fill(message)
    page.get_by_test_id("chat-input").press("Enter")
    expect(page.get_by_text(message, exact=True)).to_be_visible()
    return apps["v2.3"].asked(), apps["v2.4"].asked()


def telling(page: Page) -> list[str]:
    """Return what the page holds, anywhere, that tells whose an answer is."""
    html = page.content()
    return [word for word in ("Claims assistant", "v2.3", "v2.4", "/traces/") if word in html]


def test_both_answer_at_once_and_stay_unnamed_until_judged_by_key(page, sign_in, apps, alice):
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    sign_in(page, alice.email)
    begin(page)
    poor, good = ask(page, apps, "My basement flooded. Am I covered?")

    poor.say(POOR).end()
    good.say(GOOD[:60])
    expect(page.get_by_text("before you ask.")).to_be_visible()
    expect(page.locator("article[aria-busy=true]")).to_have_count(1)  # one has ended, the other is on its way
    expect(page.locator("article[aria-busy=true]")).to_contain_text("water damage")
    assert telling(page) == []
    good.say(GOOD[60:]).end()
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
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    axe(page)
    page.wait_for_load_state("networkidle")
    said = {each.value: each for each in Assessment.objects.filter(name="side_by_side", valid=True)}
    assert set(said) == {"better", "worse"}
    assert said["better"].rationale == "Clearer\nNames the section."
    assert said["better"].trace.turn.conversation.endpoint.version == "v2.4"


def test_a_verdict_in_the_middle_keeps_the_stream(page, sign_in, apps, alice):
    sign_in(page, alice.email)
    begin(page)
    poor, good = ask(page, apps, "Am I covered?")
    good.say(GOOD[:60])
    expect(page.get_by_text("water damage")).to_be_visible()

    page.keyboard.press("3")
    expect(page.get_by_role("button", name="Equally good")).to_have_attribute("aria-pressed", "true")
    good.say(GOOD[60:]).end()
    poor.say(POOR).end()

    expect(page.get_by_text("EUR 250")).to_be_visible()
    expect(page.get_by_text("before you ask.")).to_be_visible()
    expect(page.locator("article[aria-busy=true]")).to_have_count(0)
    expect(page.get_by_text("Claims assistant v2.4")).to_be_visible()
    page.keyboard.press("4")
    expect(page.get_by_role("button", name="Both bad")).to_have_attribute("aria-pressed", "true")
    assert Assessment.objects.filter(name="side_by_side", valid=True, value="both bad").count() == 2


def test_both_are_stopped_by_escape_and_the_talk_goes_on(page, sign_in, apps, alice):
    sign_in(page, alice.email)
    begin(page)
    poor, good = ask(page, apps, "Am I covered?")
    good.say("Yes, of course. ")
    poor.say("Perhaps. ")
    expect(page.get_by_text("Perhaps.")).to_be_visible()

    page.keyboard.press("Escape")
    good.wait_until_gone()
    poor.wait_until_gone()
    expect(page.locator("article[data-state=stopped]")).to_have_count(2)
    poor, good = ask(page, apps, "And hail?")

    said = [message["content"].strip() for message in good.messages]
    assert said == ["Am I covered?", "Yes, of course.", "And hail?"]  # its own answer, not the other's
    for each in (poor, good):
        each.say("Hail, too.").end()
    expect(page.locator("[data-round]").nth(1).locator("article[data-state=complete]")).to_have_count(2)


def test_what_is_typed_comes_back_after_a_reload_and_goes_once_sent(page, sign_in, apps, alice):
    sign_in(page, alice.email)
    begin(page)
    page.locator("side-by-side:defined").wait_for()
    page.get_by_test_id("chat-input").fill("Half a mess")
    page.reload()
    expect(page.get_by_test_id("chat-input")).to_have_value("Half a mess")

    for each in ask(page, apps, "A whole message"):
        each.say("Yes.").end()
    expect(page.locator("article[data-state=complete]")).to_have_count(2)
    page.reload()

    expect(page.get_by_test_id("chat-input")).to_have_value("")


def test_another_page_of_the_same_comparison_follows(page, new_page, sign_in, apps, alice):
    sign_in(page, alice.email)
    begin(page)
    other = new_page()
    sign_in(other, alice.email)
    with other.expect_event("websocket"):
        other.goto(page.url)
    other.locator("side-by-side:defined").wait_for()

    poor, good = ask(page, apps, "Am I covered?")
    poor.say(POOR).end()
    good.say(GOOD).end()

    expect(other.locator("article[data-state=complete]")).to_have_count(2)
    other.get_by_role("button", name="Equally good").click()
    expect(other.get_by_text("Claims assistant v2.4")).to_be_visible()
    assert Round.objects.get().choice == "tie"


def test_on_a_phone_the_answers_stand_one_above_the_other(new_page, sign_in, apps, alice):
    page = new_page(viewport=PHONE, has_touch=True)
    sign_in(page, alice.email)
    begin(page)
    page.get_by_test_id("chat-input").fill("Am I covered?")
    page.get_by_test_id("chat-send").tap()  # Enter is a new line here
    for app in apps.values():
        app.asked().say(GOOD).end()
    expect(page.locator("article[data-state=complete]")).to_have_count(2)

    boxes: list[Any] = [side.bounding_box() for side in page.locator(".side").all()]
    assert boxes[0]["x"] == boxes[1]["x"]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    fits(page)
    axe(page)
    page.get_by_role("button", name="Equally good").tap()
    expect(page.get_by_text("Claims assistant v2.4")).to_be_visible()


def test_results_are_for_everybody_on_any_screen(new_page, sign_in, apps, alice, mallory):
    talk = comparing.begin(alice, *Endpoint.objects.order_by("version"))
    for number, verdict in enumerate(["left", "right", "tie"], start=1):
        turns = [Turn.objects.create(conversation=half, message="?", text=GOOD) for half in (talk.first, talk.second)]
        made = talk.rounds.create(number=number, first_turn=turns[0], second_turn=turns[1], first_is_left=True)
        Turn.objects.update(state=Turn.State.COMPLETE)
        comparing.judge(made, verdict)
    for options in ({}, {"viewport": PHONE, "color_scheme": "dark"}):
        page = new_page(**options)
        sign_in(page, mallory.email)
        page.goto("/chat/compare/results/")
        expect(page.get_by_text("1 of 2").first).to_be_visible()
        axe(page)
        fits(page)
        page.goto(f"/chat/compare/results/rounds/{made.pk}/")
        axe(page)
        fits(page)
        sign_in(page, alice.email)
        page.goto(talk.get_absolute_url())
        axe(page)
        fits(page)


def test_without_scripts_it_works_by_forms(new_page, sign_in, apps, alice):
    page = new_page(java_script_enabled=False)
    sign_in(page, alice.email)
    begin(page)
    page.get_by_test_id("chat-input").fill("Am I covered?")
    page.get_by_test_id("chat-send").click()
    apps["v2.3"].asked().say(POOR).end()
    apps["v2.4"].asked().say(GOOD).end()
    expect(page.get_by_text("EUR 250")).to_be_visible(timeout=15_000)  # the page asks again by itself

    page.get_by_role("button", name="Both bad").click()

    expect(page.get_by_text("What is wrong?")).to_be_visible()
    expect(page.get_by_text("Claims assistant v2.3")).to_be_visible()


def test_a_manager_puts_a_conversation_into_a_session_at_a_click(page, sign_in, apps, mallory):
    sign_in(page, mallory.email)
    page.goto("/chat/")
    page.get_by_role("form", name="Claims assistant v2.4").get_by_role("button", name="Chat").click()
    page.locator("chat-page:defined").wait_for()
    page.get_by_test_id("chat-input").fill("Is hail covered?")
    page.get_by_test_id("chat-input").press("Enter")
    apps["v2.4"].asked().say("Yes, it is.").end()
    expect(page.locator("article[data-state=complete]")).to_be_visible()

    page.locator("summary", has_text="To a session").first.click()
    page.get_by_role("button", name="A new session").click()

    expect(page.get_by_text("1 answer is now in the session.")).to_be_visible()
    made = LabelingSession.objects.get()
    assert made.items.get().trace.turn.text == "Yes, it is."


def test_an_endpoint_answers_questions_for_a_session(page, sign_in, apps, mallory):
    session = LabelingSession.objects.create(experiment=Experiment.objects.get(name="claims"), name="Unanswered")
    sign_in(page, mallory.email)
    page.goto(f"/chat/batches/new/?session={session.pk}")
    page.get_by_label("Endpoint that answers").select_option(label="Claims assistant v2.4")
    page.get_by_label("Questions", exact=True).fill("Is hail covered?\nIs fire covered?")
    page.get_by_role("button", name="Look at the questions").click()
    page.get_by_role("button", name="Answer 2 questions").click()

    expect(page.get_by_text("0 of 2 answered · 2 on their way")).to_be_visible()
    apps["v2.4"].asked().say("Yes.").end()
    expect(page.get_by_text("1 of 2 answered · 1 on its way")).to_be_visible()
    axe(page)
    apps["v2.4"].asked().say("Yes.").end()

    expect(page.get_by_text("2 of 2 answered")).to_be_visible()
    assert session.items.count() == 2
