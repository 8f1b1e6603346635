"""The widget in a page of another origin, under a strict content security policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, Request, expect

from tests.e2e.accessibility import axe
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.shop import Shop
from tests.e2e.watching import Watch, fits
from traces.feedback.models import EndUserFeedback, PublishableKey
from traces.models import Assessment, Experiment, Trace


class WatchOfTwo(Watch):
    """The page is the shop's; the Review App is the one other host that it may ask."""

    def __init__(self, context: Any, url: str, review_app: str) -> None:
        super().__init__(context, url)
        self.review_app = review_app

    def on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.review_app}/widget/", f"{self.review_app}/api/feedback")):
            super().on_request(request)


@pytest.fixture
def shop(server) -> Iterator[Shop]:
    shop = Shop(server.url)
    experiment = Experiment.objects.create(name="shop")
    shop.key = PublishableKey.objects.create(
        experiment=experiment, name="Shop", origins=[shop.url], per_address_minute=1_000
    ).key
    for n in (1, 2, 3):
        Trace.objects.create(
            trace_id=f"tr-{n:032x}", experiment=experiment, state="OK", request_time=timezone.now(),
            request_preview=f"Question {n}?", response_preview="Yes.", client_request_id=f"request-{n}",
        )  # fmt: skip
    yield shop
    shop.stop()


@pytest.fixture
def visit(shop: Shop, browser: Browser, server, watches: dict[Any, Watch]) -> Iterator[Callable[..., Page]]:
    made = []

    def make(path: str = "/", **options: Any) -> Page:
        defaults = {"viewport": DESK, "reduced_motion": "reduce", "base_url": shop.url, "locale": "en-GB"}
        context = browser.new_context(**(defaults | options))
        context.set_default_timeout(10_000)  # ms
        watches[context] = WatchOfTwo(context, shop.url, server.url)
        made.append(context)
        page = context.new_page()
        page.goto(path)
        expect(first(page).get_by_role("button").first).to_be_visible()
        return page

    yield make
    for context in made:
        context.close()
    complaints = [complaint for context in made for complaint in watches[context].complaints]
    assert not complaints, "\n".join(complaints)


def first(page: Page) -> Locator:
    return page.locator("review-feedback").first


def status(widget: Locator) -> Locator:
    return widget.get_by_role("status")


def valid() -> list[tuple]:
    said = Assessment.objects.filter(valid=True).order_by("name")
    return [(each.trace_id[-1], each.name, each.value, each.rationale) for each in said]


def test_a_click_and_a_comment_arrive_on_the_trace(visit):
    page = visit()
    widget = first(page)

    widget.get_by_role("button", name="No, not helpful").click()

    expect(status(widget)).to_have_text("Thank you.")
    expect(widget.get_by_role("button", name="No, not helpful")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#log")).to_have_text("Heard: thumbs down")
    assert valid() == [("1", "user_feedback", False, "")]

    widget.get_by_label("Outdated").check()
    widget.get_by_label("Anything to add?").fill("It is 14 days now.")
    widget.get_by_role("button", name="Send").click()

    expect(status(widget)).to_have_text("Thank you, your comment was sent.")
    assert valid() == [
        ("1", "user_categories", ["Outdated"], ""),
        ("1", "user_feedback", False, "It is 14 days now."),
    ]
    source = Assessment.objects.filter(valid=True).first()
    assert source.source_id.startswith("anonymous-")
    assert source.metadata["reviewApp.page"] == f"{page.url}"
    assert page.context.cookies() == []


def test_another_mind_replaces_the_first_one(visit):
    page = visit()
    widget = first(page)
    widget.get_by_role("button", name="No, not helpful").click()
    expect(status(widget)).to_have_text("Thank you.")
    with page.expect_response("**/api/feedback"):
        widget.get_by_role("button", name="Yes, helpful").click()
    expect(widget.get_by_role("button", name="No, not helpful")).to_have_attribute("aria-pressed", "false")
    assert valid() == [("1", "user_feedback", True, "")]
    assert Assessment.objects.count() == 2


def test_it_can_be_done_by_keyboard(visit):
    page = visit()
    widget = first(page)
    page.keyboard.press("Tab")
    expect(widget.get_by_role("button", name="Yes, helpful")).to_be_focused()
    page.keyboard.press("Space")
    expect(status(widget)).to_have_text("Thank you.")
    expect(widget.get_by_role("button", name="Yes, helpful")).to_be_focused()  # nothing has jumped
    for _ in range(5):  # the other thumb, three categories, the comment
        page.keyboard.press("Tab")
    expect(widget.get_by_label("Anything to add?")).to_be_focused()
    page.keyboard.type("Good")
    page.keyboard.press("Control+Enter")
    expect(status(widget)).to_have_text("Thank you, your comment was sent.")
    expect(widget.get_by_role("button", name="Yes, helpful")).to_be_focused()
    assert valid() == [("1", "user_feedback", True, "Good")]
    page.keyboard.press("Enter")
    expect(widget.get_by_label("Anything to add?")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(widget.get_by_label("Anything to add?")).to_be_hidden()
    expect(widget.get_by_role("button", name="Yes, helpful")).to_be_focused()


def test_without_a_connection_it_waits_and_is_sent_once(visit, watches):
    page = visit()
    widget = first(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.headers.get("idempotency-key", "")))
    with watches[page.context].offline():
        widget.get_by_role("button", name="No, not helpful").click()
        expect(status(widget)).to_contain_text("Not sent yet.")
        widget.get_by_label("Anything to add?").fill("In a tunnel")
        widget.get_by_role("button", name="Send").click()
    expect(status(widget)).to_have_text("Thank you, your comment was sent.")
    assert valid() == [("1", "user_feedback", False, "In a tunnel")]
    assert list(Assessment.objects.filter(valid=False).values_list("rationale", flat=True)) == [""]  # in order
    keys = [key for key in asked if key]
    assert len(set(keys)) == 2 and len(keys) >= 3  # tried again, under the same id


def test_each_answer_speaks_its_language_and_names_its_trace_its_way(visit):
    page = visit()
    german, arabic = page.locator("review-feedback").nth(1), page.locator("review-feedback").nth(2)

    german.get_by_role("button", name="Ja, hilfreich").click()
    expect(status(german)).to_have_text("Danke.")
    expect(german.get_by_role("textbox")).to_have_count(0)  # it asks only who says no
    german.get_by_role("button", name="Nein, nicht hilfreich").click()
    german.get_by_label("Was wäre richtig gewesen?").fill("Ab 40 € nichts.")
    german.get_by_role("button", name="Senden").click()
    expect(status(german)).to_have_text("Danke, Ihr Kommentar wurde gesendet.")

    arabic.get_by_role("button", name="نعم، مفيدة").click()
    expect(status(arabic)).to_have_text("شكرًا لك.")
    places = [arabic.get_by_role("button").nth(n).bounding_box()["x"] for n in (0, 1)]
    assert places[0] > places[1]
    assert valid() == [
        ("2", "expected_response", "Ab 40 € nichts.", ""),
        ("2", "user_feedback", False, ""),
        ("3", "user_feedback", True, ""),
    ]


def test_an_answer_that_comes_later_waits_for_its_trace(visit):
    page = visit()
    page.get_by_role("button", name="Ask something else").click()
    widget = page.locator("review-feedback").nth(3)
    expect(widget).to_contain_text("Did this answer your question?")
    widget.get_by_role("button", name="No, not helpful").click()
    expect(status(widget)).to_have_text("Thank you.")
    waiting = EndUserFeedback.objects.get()
    assert (waiting.trace_ref, waiting.state, waiting.who) == (f"tr-{4:032x}", "waiting", "customer-17")


def test_what_is_refused_is_said_and_not_sent_again(visit):
    page = visit()
    widget = first(page)
    widget.evaluate("widget => widget.setAttribute('trace-id', 'no id')")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    widget.get_by_role("button", name="No, not helpful").click()
    expect(status(widget)).to_have_text("This could not be sent.")
    widget.evaluate("(widget, id) => widget.setAttribute('trace-id', id)", f"tr-{1:032x}")
    widget.get_by_role("button", name="No, not helpful").click()
    expect(status(widget)).to_have_text("Thank you.")
    assert asked.count("POST") == 2
    assert valid() == [("1", "user_feedback", False, "")]


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "light"), (DESK, "dark"), (PHONE, "light"), (PHONE, "dark")])
def test_it_is_for_everybody(visit, viewport, scheme):
    page = visit(viewport=viewport, color_scheme=scheme)
    for number in range(3):
        widget = page.locator("review-feedback").nth(number)
        widget.get_by_role("button").nth(1).click()
        expect(status(widget)).not_to_be_empty()
        expect(widget.get_by_role("textbox").first).to_be_visible()
    axe(page)
    fits(page)


def test_a_manager_sees_how_it_will_look(page, sign_in, mallory, shop):
    sign_in(page, mallory.email)
    page.goto(PublishableKey.objects.get().get_absolute_url())
    widget = first(page)
    widget.get_by_role("button", name="No, not helpful").click()
    expect(status(widget)).to_have_text("Thank you.")
    assert not Assessment.objects.exists()
    axe(page)
