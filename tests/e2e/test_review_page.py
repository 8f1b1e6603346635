"""The review page as an expert uses it, with traces of real applications."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from labeling.models import LabelingSession, LabelSchema, QuestionSpec, Review
from tests.e2e.accessibility import axe
from tests.e2e.conftest import DESK, PHONE, WALL
from tests.e2e.watching import fits
from traces.models import Assessment, Experiment, Trace

CORPUS = Path("traces/tests/corpus")
SCENARIOS = ["oi-openai-claims-rag", "oi-langgraph-sql", "oi-openai-peds-latex", "oi-langchain-tax-rag",
             "oi-haystack-deposit", "oi-anthropic-bank"]  # fmt: skip


def ask(experiment: Experiment, name: str, title: str, input: dict, **fields) -> LabelSchema:
    fields = {"type": "feedback"} | fields
    return LabelSchema.objects.ask(experiment=experiment, name=name, title=title, input=input, **fields)


@pytest.fixture
def session(alice, bob, mallory, aside, import_traces) -> LabelingSession:
    """Six traces and four questions, alice and bob in it, both reviews needed."""
    for scenario in SCENARIOS:
        import_traces(*CORPUS.glob(f"{scenario}/otlp-*.pb"))
    experiment = Experiment.objects.get(pk=0)
    labels = {"positive_label": "Correct", "negative_label": "Incorrect"}
    scale = {"min": 1, "max": 5, "min_label": "Nothing of it", "max_label": "Everything"}
    problems = {"options": ["Ignores a source", "Made up", "Unsafe"], "multi_select": True}
    questions = [
        QuestionSpec(
            ask(experiment, "correct", "Is the answer correct?", {"pass_fail": labels}, enable_comment=True),
            is_required=True,
        ),
        QuestionSpec(ask(experiment, "completeness", "How complete is it?", {"rating": scale})),
        QuestionSpec(
            ask(experiment, "problems", "What is wrong?", {"categorical": problems}), show_if={"correct": False}
        ),
        QuestionSpec(
            ask(experiment, "expected_response", "The ideal answer", {"text": {}}, type="expectation"),
            show_if={"correct": False},
        ),
    ]
    session = LabelingSession.objects.create(
        experiment=experiment,
        name="Claims answers, March",
        instructions="# What to look for\n\nJudge the answer **against the sources**.",
        reviews_per_item=2,
        created_by=mallory,
    )
    session.add_traces(Trace.objects.exclude(request_preview=""))
    session.set_questions(questions)
    session.set_reviewers([alice, bob])
    aside(session.open)
    return session


@pytest.fixture
def reviewing(page, sign_in, session, alice) -> Page:
    """Alice's page on her first item, guidelines read, the next item ready."""
    begin(page, sign_in, session, alice)
    return page


def begin(page, sign_in, session, user) -> None:
    sign_in(page, user.email)
    session.reviewers.update(guidelines_read_at="2026-03-02T09:00Z")
    with page.expect_response(re.compile("/hand-out/")):
        page.goto(f"/labeling/sessions/{session.pk}/review/")


def current(page: Page) -> str:
    return page.locator("[data-review]").get_attribute("data-review")


def saved(page: Page) -> None:
    expect(page.locator("draft-keeper")).to_have_attribute("data-state", "saved")


def submit(page: Page, *keys: str) -> None:
    """Answer by keyboard and submit; done when the server has it."""
    for key in keys:
        page.keyboard.press(key)
    with page.expect_response(re.compile("/complete/")):
        page.keyboard.press("Control+Enter")


def test_the_next_item_is_answered_and_submitted_while_the_one_before_is_on_its_way(reviewing):
    held = []
    reviewing.route(re.compile("/complete/"), lambda route: held.append(route))
    first = current(reviewing)
    reviewing.keyboard.press("1")
    reviewing.keyboard.press("Control+Enter")
    second = current(reviewing)
    assert second != first

    reviewing.keyboard.press("1")
    expect(reviewing.get_by_test_id("option-true").locator("input")).to_be_checked()
    reviewing.keyboard.press("Control+Enter")
    assert len(held) == 1
    with reviewing.expect_response(re.compile(f"{second}/complete/")):
        with reviewing.expect_request(re.compile(f"{second}/complete/")):
            held[0].continue_()
        reviewing.unroute(re.compile("/complete/"))
        for route in held[1:]:
            route.continue_()

    expect(reviewing.locator(f"[data-review='{second}']")).to_have_count(0)
    assert current(reviewing) not in {first, second}
    assert Review.objects.filter(status="complete").count() == 2


def test_the_item_that_was_handed_out_too_late_to_be_kept_ready_comes_once(reviewing):
    held = []
    reviewing.route(re.compile("/hand-out/"), lambda route: held.append(route))
    with reviewing.expect_request(re.compile("/hand-out/")):
        reviewing.reload()
    first = current(reviewing)
    submit(reviewing, "1")
    expect(reviewing.locator(f"[data-review='{first}']")).to_have_count(0)
    second = current(reviewing)

    with reviewing.expect_response(re.compile("/hand-out/")):
        held[0].continue_()
    submit(reviewing, "1")

    expect(reviewing.locator(f"[data-review='{second}']")).to_have_count(0)
    expect(reviewing.locator("[data-review]")).to_have_count(1)


def test_guidelines_come_once_before_the_first_item(page, sign_in, session, alice):
    sign_in(page, alice.email)
    page.goto(f"/labeling/sessions/{session.pk}/review/")
    expect(page.get_by_role("heading", name="What to look for")).to_be_visible()
    axe(page)

    page.keyboard.press("Enter")
    expect(page.get_by_test_id("question-correct")).to_be_visible()

    page.reload()
    expect(page.get_by_test_id("question-correct")).to_be_visible()


def test_keys_answer_and_one_request_brings_the_next_item(reviewing, alice):
    page, first = reviewing, current(reviewing)
    requests = []
    page.on("request", lambda request: requests.append((request.method, request.url)))

    submit(page, "1", "4")

    expect(page.locator("[data-review]")).not_to_have_attribute("data-review", first)
    expect(page.get_by_test_id("progress")).to_contain_text("2 of")
    assert [url.rsplit("/", 2)[1] for _, url in requests if "/draft/" not in url] == ["complete"]
    answers = dict(Assessment.objects.filter(source_id=alice.email).values_list("name", "value"))
    assert answers == {"correct": True, "completeness": 4}


def test_mouse_answers_too(reviewing, alice):
    page = reviewing

    page.get_by_test_id("question-correct").get_by_test_id("option-false").click()
    page.get_by_test_id("question-problems").get_by_text("Made up").click()
    page.get_by_test_id("question-problems").get_by_text("Unsafe").click()
    with page.expect_response(re.compile("/complete/")):
        page.get_by_test_id("submit").click()

    assert Assessment.objects.get(name="problems").value == ["Made up", "Unsafe"]


def test_question_comes_up_only_when_its_condition_holds(reviewing):
    page = reviewing
    problems = page.get_by_test_id("question-problems")
    expect(problems).to_be_hidden()

    page.keyboard.press("2")
    expect(problems).to_be_visible()

    page.get_by_test_id("question-correct").get_by_test_id("option-true").click()
    expect(problems).to_be_hidden()


def test_missing_answer_is_said_before_anything_is_sent(reviewing):
    page = reviewing

    page.keyboard.press("Control+Enter")

    expect(page.get_by_test_id("question-correct")).to_contain_text("This one is needed.")
    expect(page.locator("draft-keeper")).to_have_text("An answer is missing.")
    assert not Review.objects.filter(status="complete").exists()
    axe(page)


def test_what_is_typed_survives_a_reload_and_another_device(reviewing, new_page, sign_in, session, alice):
    page = reviewing
    page.keyboard.press("2")
    page.get_by_placeholder("Why? In a sentence").fill("The excess is 500, not 250.")
    saved(page)

    page.reload()
    expect(page.get_by_placeholder("Why? In a sentence")).to_have_value("The excess is 500, not 250.")

    other_device = new_page(viewport=PHONE)
    begin(other_device, sign_in, session, alice)
    expect(other_device.get_by_placeholder("Why? In a sentence")).to_have_value("The excess is 500, not 250.")
    assert other_device.get_by_test_id("option-false").locator("input").is_checked()


def test_offline_nothing_is_lost_and_it_is_sent_later(reviewing, watch_of, alice):
    page, first = reviewing, current(reviewing)
    with watch_of(page).offline():
        page.keyboard.press("1")
        page.get_by_placeholder("Why? In a sentence").fill("Agrees with section 3.2.")
        expect(page.locator("draft-keeper")).to_contain_text("Offline: kept on this device")
        page.keyboard.press("Control+Enter")
        expect(page.locator("draft-keeper")).to_contain_text("Offline: kept on this device")
        assert current(page) == first

    expect(page.get_by_test_id("progress")).to_contain_text("2 of", timeout=15_000)
    expect(page.locator("[data-review]")).not_to_have_attribute("data-review", first)
    assert Assessment.objects.get(name="correct").rationale == "Agrees with section 3.2."


def test_crash_while_offline_is_recovered_from_this_device(reviewing, watch_of):
    page = reviewing
    with watch_of(page).offline():
        page.get_by_placeholder("Why? In a sentence").fill("Kept through the crash.")
        expect(page.locator("draft-keeper")).to_contain_text("Offline")
    page.goto("about:blank")
    page.go_back()

    expect(page.get_by_placeholder("Why? In a sentence")).to_have_value("Kept through the crash.")


def test_undo_brings_the_item_back_with_its_answers(reviewing, alice):
    page, first = reviewing, current(reviewing)
    submit(page, "1", "5")
    expect(page.locator("[data-toast]")).to_contain_text("Submitted")

    with page.expect_response(re.compile("/undo/")):
        page.keyboard.press("u")

    expect(page.locator("[data-review]")).to_have_attribute("data-review", first)
    assert page.get_by_test_id("question-completeness").get_by_test_id("option-5").locator("input").is_checked()
    assert not Assessment.objects.filter(valid=True).exists()

    submit(page)
    assert Assessment.objects.filter(valid=True).count() == 2


def test_declining_asks_why_and_goes_on(reviewing, session, alice):
    page, first = reviewing, current(reviewing)

    page.keyboard.press("s")
    expect(page.get_by_text("Why can't you judge this one?")).to_be_visible()
    axe(page)
    with page.expect_response(re.compile("/decline/")):
        page.keyboard.press("1")

    expect(page.locator("[data-review]")).not_to_have_attribute("data-review", first)
    review = Review.objects.get(pk=first)
    assert (review.status, review.decline_reason) == ("declined", "not_my_field")


def test_a_click_elsewhere_closes_the_reasons(reviewing):
    page = reviewing
    page.get_by_test_id("decline").click()
    expect(page.get_by_text("Why can't you judge this one?")).to_be_visible()

    page.locator(".message").first.click()

    expect(page.get_by_text("Why can't you judge this one?")).to_be_hidden()


def test_a_phone_has_the_way_back_and_no_keyboard(new_page, sign_in, session, alice):
    page = new_page(viewport=PHONE)
    begin(page, sign_in, session, alice)

    expect(page.get_by_role("link", name="The one before")).to_be_visible()
    expect(page.get_by_role("button", name="Keyboard")).to_be_hidden()


def test_on_a_phone_the_sessions_name_stands_above_how_far_one_is(new_page, sign_in, session, alice):
    session.name = "Claims answers of the whole spring, second look"
    session.save()
    page = new_page(viewport=PHONE)
    begin(page, sign_in, session, alice)

    name, progress = (page.locator(each).bounding_box() for each in (".topbar__title", "#progress"))

    assert name["x"] == progress["x"]
    assert name["y"] + name["height"] <= progress["y"]


def test_back_shows_what_i_finished_and_lets_me_change_it(reviewing, alice):
    page, first = reviewing, current(reviewing)
    submit(page, "1")

    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("You have finished this one.")).to_be_visible()
    assert current(page) == first
    page.get_by_test_id("question-correct").get_by_test_id("option-false").click()
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("progress")).to_contain_text("2 of")

    old, new = Assessment.objects.filter(name="correct").order_by("created_at")
    assert (old.value, old.valid, new.value, new.overrides_id) == (True, False, False, old.pk)


def test_marked_words_become_evidence(reviewing, alice):
    page = reviewing
    page.locator(".message [data-anchor-field=outputs] p").first.select_text()
    page.get_by_role("button", name="Use as evidence").click()
    quote = page.get_by_test_id("question-correct").locator(".evidence q").inner_text()
    assert len(quote) > 5
    saved(page)

    page.reload()
    expect(page.locator(".evidence q")).to_have_text(quote)
    submit(page, "2")

    [evidence] = json.loads(Assessment.objects.get(name="correct").metadata["reviewapp.evidence"])
    assert evidence["quote"] == quote
    assert re.fullmatch("[0-9a-f]{16}", evidence["span_id"])


def test_ideal_answer_starts_from_the_given_one_and_shows_the_difference(reviewing):
    page = reviewing
    page.keyboard.press("2")
    page.keyboard.press("e")
    text = page.get_by_label("The ideal answer")
    given = text.input_value()
    assert len(given) > 100

    text.fill(given.replace(given.split()[0], "Dear", 1))

    expect(page.locator("[data-ideal-changes]")).to_be_visible()
    page.locator("[data-ideal-changes] summary").click()
    expect(page.locator(".diff ins")).to_have_text("Dear")


def test_keys_do_nothing_while_one_writes(reviewing):
    page = reviewing
    page.keyboard.press("Enter")
    page.keyboard.type("12 usqge?")

    expect(page.get_by_placeholder("Why? In a sentence")).to_have_value("12 usqge?")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    assert page.get_by_test_id("option-true").locator("input").is_checked()


def test_a_key_can_be_changed(reviewing):
    page = reviewing
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="S", exact=True).click()
    page.keyboard.press("x")
    page.get_by_role("button", name="Close").click()

    page.keyboard.press("x")
    expect(page.get_by_text("Why can't you judge this one?")).to_be_visible()


def test_all_of_it_to_the_end(reviewing, session, bob):
    page = reviewing
    for _ in range(session.items.count()):
        expect(page.get_by_test_id("question-correct")).to_be_visible()
        submit(page, "1")

    expect(page.get_by_role("heading", name="Yours are all done")).to_be_visible()
    axe(page)
    assert Review.objects.filter(status="complete").count() == session.items.count()


def test_without_scripts_plain_forms_do(new_page, sign_in, session, alice):
    page = new_page(java_script_enabled=False)
    sign_in(page, alice.email)
    page.goto(f"/labeling/sessions/{session.pk}/review/")
    page.get_by_role("button", name="Start").click()

    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("question-correct")).to_contain_text("This one is needed.")
    page.get_by_test_id("question-correct").get_by_test_id("option-false").click()
    page.get_by_label("The ideal answer").fill("Written without a script.")
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("progress")).to_contain_text("2 of")

    page.get_by_test_id("decline").click()
    page.get_by_text("Unclear", exact=True).click()
    page.get_by_role("button", name="Put it aside").click()
    expect(page.get_by_test_id("progress")).to_contain_text("3 of")
    assert Assessment.objects.get(name="expected_response").value == "Written without a script."


@pytest.mark.parametrize("viewport", [DESK, PHONE, WALL], ids=["desk", "phone", "wall"])
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_page_is_for_everybody(new_page, sign_in, session, alice, viewport, color_scheme):
    page = new_page(viewport=viewport, color_scheme=color_scheme)
    begin(page, sign_in, session, alice)
    page.get_by_test_id("question-correct").get_by_test_id("option-false").click()

    axe(page)
    fits(page)
