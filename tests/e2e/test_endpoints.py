"""Connecting an endpoint, in a real browser: by mouse, by keyboard alone, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from chat.models import Endpoint, EndpointQuestion
from chat.tests.fault_server import WHOLE, FaultServer
from chat.tests.filling import faults_beside
from labeling.models import LabelSchema
from tests.e2e.accessibility import in_both_schemes
from tests.e2e.conftest import DESK, PHONE
from traces.models import Experiment

LIST = "/chat/endpoints/"
SMALL = {"width": 320, "height": 640}


@pytest.fixture
def application(server) -> Iterator[FaultServer]:
    """Whatever is asked of it below /ok/, it says hello."""
    with faults_beside() as faults:
        yield faults


@pytest.fixture
def claims(server) -> Experiment:
    experiment = Experiment.objects.create(name="claims")
    LabelSchema.objects.ask(
        experiment=experiment, name="correct", type="feedback", title="Is it correct?", input={"pass_fail": {}}
    )
    return experiment


@pytest.fixture
def endpoint(claims, application, mallory) -> Endpoint:
    endpoint = Endpoint(name="Claims assistant", version="v2", url=application.url("ok"), experiment=claims)
    endpoint.set_secret("sk-very-secret")
    endpoint.save()
    question = LabelSchema.objects.get(name="correct")
    for about in EndpointQuestion.About.values:
        EndpointQuestion.objects.create(endpoint=endpoint, schema=question, about=about, position=1)
    return endpoint


def test_from_nothing_to_an_endpoint_that_answers(application, claims, mallory, alice, page: Page, sign_in):
    sign_in(page, mallory.email)
    page.goto(LIST)
    page.get_by_role("link", name="Connect the first endpoint").click()
    page.get_by_label("Name", exact=True).fill("Claims assistant")
    page.get_by_label("Version").fill("v1")
    page.get_by_label("Address", exact=True).fill(application.url("ok"))
    page.get_by_label("Secret", exact=True).fill("sk-very-secret")
    page.get_by_label("Experiment").select_option(label="claims")
    page.get_by_role("button", name="Add the endpoint").click()

    page.get_by_role("button", name="Send").click()
    expect(page.locator(".trial__text")).to_have_text(WHOLE)
    expect(page.locator("#part-test .badge")).to_have_text("Answers")

    page.get_by_label("Name or e-mail").press_sequentially("alice")
    page.get_by_role("button", name="Add Alice Weber").click()
    expect(page.get_by_role("list", name="People who may chat")).to_contain_text("Alice Weber")

    page.locator("#part-answer").get_by_text("Add from the library").click()
    page.locator("#part-answer").get_by_role("button", name="Add “Is it correct?”").click()
    expect(page.locator("#preview")).to_contain_text("Is it correct?")
    page.get_by_label("Messages to begin with").fill("Am I covered?")
    expect(page.locator("#preview")).to_contain_text("Am I covered?")

    made = Endpoint.objects.get()
    assert [person.email for person in made.people.all()] == [alice.email]
    assert [(each.schema.name, each.about) for each in made.questions.all()] == [("correct", "answer")]
    assert made.suggestions == ["Am I covered?"]


def test_what_is_not_saved_is_said_and_saved_before_a_test(endpoint, application, mallory, page: Page, sign_in):
    sign_in(page, mallory.email)
    page.goto(f"{LIST}{endpoint.pk}/")
    page.get_by_label("Model", exact=True).fill("claims-9")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".trial__text")).to_have_text(WHOLE)
    expect(page.get_by_text("Not saved yet")).to_be_hidden()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert application.bodies[-1]["model"] == "claims-9"


def test_wrong_form_comes_into_view_and_nothing_is_sent(endpoint, application, mallory, page: Page, sign_in):
    sign_in(page, mallory.email)
    page.goto(f"{LIST}{endpoint.pk}/")
    page.get_by_label("Address", exact=True).fill("http://127.0.0.9/v1")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(page.get_by_role("alert")).to_contain_text("Enter the secret again")
    page.get_by_role("alert").get_by_role("link", name="Secret").click()
    expect(page.get_by_label("Secret", exact=True)).to_be_focused()
    assert not application.counts


def test_request_is_shown_while_the_form_is_filled_in(endpoint, mallory, page: Page, sign_in):
    sign_in(page, mallory.email)
    page.goto(f"{LIST}{endpoint.pk}/")
    page.get_by_text("What will be sent").click()
    expect(page.locator(".sent")).to_contain_text("/v1/chat/completions")
    page.get_by_text("Anthropic Messages").click()
    expect(page.locator(".sent")).to_contain_text("x-api-key: ••••••••")
    expect(page.get_by_label("What to send")).to_be_hidden()
    page.get_by_text("Plain JSON", exact=True).first.click()
    page.get_by_label("What to send").fill('{"q": "{{question}}"}')
    expect(page.locator(".sent")).to_contain_text('"q": "And if it was the rain?"')
    page.evaluate("document.getElementById('endpoint-form').reset()")


def test_by_keyboard_alone(endpoint, mallory, page: Page, sign_in):
    sign_in(page, mallory.email)
    page.goto(LIST)
    page.get_by_role("link", name="Claims assistant").focus()
    page.keyboard.press("Enter")
    page.get_by_label("OpenAI Chat Completions").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("OpenAI Responses")).to_be_checked()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Address", exact=True)).to_be_focused()
    page.get_by_label("Test message").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".trial__text")).to_have_text(WHOLE)
    page.get_by_label("Everybody who can sign in").focus()
    page.keyboard.press("Space")
    expect(page.locator("#chatters")).to_contain_text("Whoever can sign in here")
    expect(page.get_by_label("Everybody who can sign in")).to_be_focused()


def test_without_scripts(endpoint, application, mallory, new_page, sign_in):
    page = new_page(java_script_enabled=False)
    sign_in(page, mallory.email)
    page.goto(f"{LIST}{endpoint.pk}/")
    expect(page.get_by_text("What will be sent")).to_be_hidden()
    page.get_by_label("Model", exact=True).fill("claims-9")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".trial__text")).to_have_text(WHOLE)
    assert application.bodies[-1]["model"] == "claims-9"


@pytest.mark.parametrize("viewport", [DESK, PHONE, SMALL], ids=["desk", "phone", "small"])
def test_pages_are_for_everybody(endpoint, mallory, new_page, sign_in, viewport):
    Endpoint.objects.create(
        name="مساعد المطالبات" + "W" * 230, version="v" * 100, url="http://127.0.0.1/" + "a" * 900,
        experiment=endpoint.experiment,
    )  # fmt: skip
    page = new_page(viewport=viewport)
    sign_in(page, mallory.email)
    page.goto(f"{LIST}{endpoint.pk}/")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".trial__text")).to_have_text(WHOLE)
    for summary in page.locator("details.more > summary:visible").all():
        summary.click()
    for path in (None, LIST, f"{LIST}new/"):
        if path:
            page.goto(path)
        in_both_schemes(page)
