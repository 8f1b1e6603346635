"""The chat as an expert uses it, with an application that says what the test tells it to."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from chat.models import Conversation, Endpoint, Turn
from chat.turn_spans import in_ns
from tests.e2e.accessibility import axe
from tests.e2e.conftest import PHONE
from tests.e2e.endpoint import Application, application
from tests.e2e.watching import fits
from traces.models import Experiment
from traces.tests.otlp_bodies import a_request, a_span, attributes

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
HOSTILE = (
    "<script>window.hacked = 1</script> ![x](http://evil.example/a.png) <img src=x onerror='window.hacked = 2'> "
    "[click](javascript:window.hacked=3)\n\n<style>body { display: none }</style>\n\n"
    "<form action='http://evil.example/'><button hx-get='/'>Go</button></form>\n\n"
)


@pytest.fixture
def app() -> Iterator[Application]:
    with application() as running:
        yield running


@pytest.fixture
def conversation(app, alice, mallory) -> Conversation:
    claims = Experiment.objects.create(name="claims")
    endpoint = Endpoint.objects.create(
        name="Claims assistant",
        version="v2.3-rc1",
        url=app.url,
        model="claims-1",
        experiment=claims,
        created_by=mallory,
        suggestions=["My basement flooded. Am I covered?"],
    )
    endpoint.people.add(alice)
    return Conversation.objects.create(endpoint=endpoint, user=alice)


@pytest.fixture
def talking(page, sign_in, conversation, alice) -> Page:
    """Alice's page on a conversation that has not begun."""
    sign_in(page, alice.email)
    page.goto(conversation.get_absolute_url())
    expect(page.get_by_test_id("chat-input")).to_be_focused()
    return page


def ask(page: Page, message: str) -> None:
    page.get_by_test_id("chat-input").fill(message)
    page.keyboard.press("Enter")


def turn(page: Page, number: int = -1) -> Locator:
    turns = page.get_by_test_id("turn")
    return turns.last if number < 0 else turns.nth(number)


def answer(page: Page, number: int = -1) -> Locator:
    return turn(page, number).get_by_test_id("turn-answer")


def finished(page: Page, number: int = -1) -> None:
    expect(turn(page, number)).to_have_attribute("data-state", re.compile("complete|stopped|cut_off|failed|unmarked"))


def drawn(page: Page, paragraph: str) -> None:
    """Wait until the last paragraph is one: words stand plain at first, which may take other room."""
    expect(answer(page).locator("p").last).to_have_text(paragraph)


def talk(page: Page, app: Application, message: str, *deltas: str) -> None:
    """Ask, and be answered to the end."""
    n_turns = page.get_by_test_id("turn").count()
    ask(page, message)
    app.asked().say(*deltas).end()
    expect(page.get_by_test_id("turn")).to_have_count(n_turns + 1)
    finished(page)


def test_an_answer_comes_word_by_word_and_stays(talking, app):
    page = talking
    ask(page, "Am I covered?")
    asked = app.asked()
    assert asked.messages[-1]["content"] == "Am I covered?"
    expect(page.locator("[data-status]")).to_have_text("Answering")

    asked.say("# Cover\n\nYes, you **are**. ", "And what is ")
    expect(answer(page)).to_contain_text("And what is")
    expect(turn(page)).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    asked.say("more, there is a table:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    expect(answer(page).get_by_role("table")).to_be_visible()
    asked.end()

    finished(page)
    expect(answer(page).locator("strong")).to_have_text("are")
    expect(page.locator("[data-status]")).to_have_text("Answer complete")
    expect(page.get_by_role("heading", level=1)).to_have_text("Am I covered?")
    expect(page.locator("#conversations")).to_contain_text("1 answer")
    page.reload()
    expect(answer(page).locator("strong")).to_have_text("are")


def test_nothing_moves_when_the_answer_has_ended(talking, app):
    page = talking
    ask(page, "Tell me much")
    asked = app.asked()
    asked.say(
        *(f"## Part {n}\n\nSome words, **one** after the other.\n\n- and\n- a list\n\n" for n in range(9)), "The end"
    )
    drawn(page, "The end")
    place = "[...document.querySelectorAll('[data-testid=turn-answer] li')][11].getBoundingClientRect().top"
    before = page.evaluate(place)
    asked.end()
    finished(page)

    assert page.evaluate(place) == pytest.approx(before, abs=1)


def test_what_is_told_twice_shows_once(talking, app):
    """Two readings of one answer overlap when a page asks for it again, and may come within one picture."""
    page = talking
    ask(page, "Am I covered?")
    app.asked()
    expect(turn(page)).to_have_attribute("data-state", "running")
    blocks = [{"n": n, "html": f"<p>Block {n}</p>"} for n in range(4)]
    frames = [
        {"cursor": 1, "blocks": blocks[:1], "tail": "<p>Block</p>"},
        {"cursor": 2, "blocks": blocks[1:3], "tail": "<p>Bl</p>"},
        {"cursor": 2, "blocks": blocks[:3], "tail": "<p>Bl</p>"},
        {"cursor": 3, "blocks": blocks[3:], "tail": "<p>The end</p>", "text": " of it"},
    ]
    turn(page).evaluate(
        """async (article, frames) => {
            const { AnswerStream } = await import("lib/answer-stream")
            const stream = new AnswerStream(article, () => {})
            for (const frame of frames) stream.take(frame)
            stream.draw()
        }""",
        frames,
    )

    shown = answer(page).locator("p").all_inner_texts()
    assert shown == ["Block 0", "Block 1", "Block 2", "Block 3", "The end of it"]


def test_who_asks_is_told_the_answer_without_asking_for_it(talking, app):
    page, said = talking, []
    page.on("websocket", lambda socket: socket.on("framesent", lambda payload: said.append(json.loads(payload)["op"])))
    page.reload()
    ask(page, "Am I covered?")
    app.asked().say("Yes.").end()
    finished(page)

    assert said == ["ask"]


def test_stop_keeps_what_came(talking, app):
    page = talking
    ask(page, "Am I covered?")
    asked = app.asked().say("Yes, but ")
    expect(answer(page)).to_contain_text("Yes, but")

    page.keyboard.press("Escape")

    asked.wait_until_gone()
    expect(turn(page)).to_have_attribute("data-state", "stopped")
    expect(answer(page)).to_contain_text("Yes, but")
    expect(page.locator("[data-status]")).to_have_text("Stopped")
    expect(page.get_by_role("button", name="Good")).to_be_visible()


def test_regenerate_keeps_the_old_answer_as_a_version(talking, app):
    page = talking
    talk(page, app, "Am I covered?", "First.")
    page.locator("body").click(position={"x": 700, "y": 500})
    page.get_by_test_id("chat-input").evaluate("each => each.blur()")

    page.keyboard.press("r")
    app.asked().say("Second.").end()
    finished(page)
    expect(answer(page)).to_have_text("Second.")
    expect(turn(page)).to_contain_text("2 / 2")

    page.keyboard.press("ArrowLeft")
    expect(answer(page)).to_have_text("First.")
    expect(turn(page)).to_contain_text("1 / 2")
    page.keyboard.press("]")
    expect(answer(page)).to_have_text("Second.")
    assert Turn.objects.count() == 2


def test_an_edited_message_begins_a_branch(talking, app):
    page = talking
    talk(page, app, "Am I covered?", "Yes.")
    talk(page, app, "And my bike?", "Too.")
    expect(page.get_by_test_id("turn")).to_have_count(2)

    turn(page, 0).get_by_text("Edit", exact=True).click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Am I covered abroad?")
    page.keyboard.press("Control+Enter")
    asked = app.asked()
    assert [each["content"] for each in asked.messages] == ["Am I covered abroad?"]
    asked.say("No.").end()

    finished(page)
    expect(page.get_by_test_id("turn")).to_have_count(1)
    turn(page).get_by_role("button", name="Earlier version").click()
    expect(page.get_by_test_id("turn")).to_have_count(2)
    expect(answer(page)).to_have_text("Too.")


def test_up_in_the_empty_box_edits_the_last_message(talking, app):
    page = talking
    talk(page, app, "Am I covered?", "Yes.")
    page.get_by_test_id("chat-input").focus()
    page.keyboard.press("ArrowUp")

    expect(page.get_by_role("textbox", name="Your message, otherwise")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("chat-input")).to_be_focused()


def test_a_message_waits_while_an_answer_comes(talking, app):
    page = talking
    ask(page, "First?")
    asked = app.asked().say("One.")
    ask(page, "Second?")
    expect(page.get_by_text("Second?")).to_be_visible()
    expect(page.get_by_test_id("turn")).to_have_count(1)

    asked.end()

    second = app.asked()
    assert second.messages[-1]["content"] == "Second?"
    second.say("Two.").end()
    finished(page)
    expect(page.get_by_test_id("turn")).to_have_count(2)


def test_a_reload_in_the_middle_goes_on(talking, app):
    page = talking
    ask(page, "Am I covered?")
    asked = app.asked().say("Yes.\n\nThe second ")
    expect(answer(page)).to_contain_text("The second")

    page.reload()
    expect(answer(page)).to_contain_text("The second")
    asked.say("paragraph goes on.").end()

    finished(page)
    expect(answer(page)).to_have_text(re.compile(r"^\s*Yes\.\s*The second paragraph goes on\.\s*$"))


def test_a_lost_network_is_a_quiet_line_and_the_text_goes_on(talking, app, watch_of):
    page = talking
    ask(page, "Am I covered?")
    asked = app.asked().say("Yes. ")
    expect(answer(page)).to_contain_text("Yes.")

    with watch_of(page).offline():
        expect(page.locator("[data-connection]")).to_contain_text("Offline")
        asked.say("While you were away. ")
        page.get_by_test_id("chat-input").fill("kept here")
    expect(answer(page)).to_contain_text("While you were away.")
    expect(page.locator("[data-connection]")).to_be_hidden()
    asked.say("And after.").end()

    finished(page)
    expect(answer(page)).to_have_text("Yes. While you were away. And after.")
    expect(page.get_by_test_id("chat-input")).to_have_value("kept here")


def test_what_is_sent_without_a_network_is_sent_later_and_once(talking, app, watch_of):
    page = talking
    with watch_of(page).offline():
        expect(page.locator("[data-connection]")).to_contain_text("Offline")
        ask(page, "Am I covered?")
        expect(turn(page)).to_have_attribute("data-state", "sending")
    app.asked().say("Yes.").end()

    finished(page)
    assert Turn.objects.count() == 1


def test_stop_without_a_network_stops_as_soon_as_there_is_one(talking, app, watch_of):
    page = talking
    ask(page, "Am I covered?")
    asked = app.asked().say("Yes. ")
    expect(answer(page)).to_contain_text("Yes.")
    with watch_of(page).offline():
        expect(page.locator("[data-connection]")).to_contain_text("Offline")
        page.keyboard.press("Escape")

    asked.wait_until_gone()
    expect(turn(page)).to_have_attribute("data-state", "stopped")


def test_what_is_written_into_a_message_stays_when_its_answer_ends(talking, app):
    page = talking
    ask(page, "Am I covered?")
    asked = app.asked().say("Yes. ")
    expect(answer(page)).to_contain_text("Yes.")
    page.keyboard.press("ArrowUp")
    page.keyboard.type(" Abroad")
    asked.end()
    finished(page)

    expect(page.get_by_role("textbox", name="Your message, otherwise")).to_have_value("Am I covered? Abroad")


def test_two_tabs_show_the_same(talking, app, conversation):
    page = talking
    other = page.context.new_page()
    other.goto(conversation.get_absolute_url())
    expect(other.get_by_test_id("chat-input")).to_be_focused()

    ask(page, "Am I covered?")
    asked = app.asked().say("Yes, ")
    expect(answer(other)).to_contain_text("Yes,")
    other.get_by_role("button", name="Stop").click()

    asked.wait_until_gone()
    for each in (page, other):
        expect(turn(each)).to_have_attribute("data-state", "stopped")


def test_by_keyboard_alone(talking, app):
    page = talking
    talk(page, app, "Am I covered?", "Yes.")
    page.keyboard.press("Escape")
    page.keyboard.press("+")
    expect(page.get_by_role("button", name="Good")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("e")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("nowhere")
    expect(page.locator("#conversations")).to_contain_text("Nothing found")
    page.keyboard.press("Escape")
    expect(page.locator("#conversations")).to_contain_text("Am I covered?")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("n")

    expect(page.get_by_role("heading", name="Talk to Claims assistant")).to_be_visible()


def test_no_key_acts_while_somebody_types(talking, app):
    page = talking
    talk(page, app, "Am I covered?", "Yes.")
    page.get_by_test_id("chat-input").focus()
    page.keyboard.type("nr+-e/?[]")

    expect(page.get_by_test_id("chat-input")).to_have_value("nr+-e/?[]")
    assert Turn.objects.count() == 1


def test_enter_of_an_input_method_does_not_send(talking):
    page = talking
    page.get_by_test_id("chat-input").fill("にほん")
    page.get_by_test_id("chat-input").evaluate(
        "each => each.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    page.keyboard.press("Shift+Enter")

    expect(page.get_by_test_id("chat-input")).to_have_value("にほん\n")
    expect(page.get_by_test_id("turn")).to_have_count(0)


def test_a_draft_is_there_on_another_device(talking, new_page, sign_in, conversation, alice):
    with talking.expect_response(re.compile("/draft/")):
        talking.get_by_test_id("chat-input").fill("Half a thou")
    expect(talking.get_by_text("Draft saved")).to_be_visible()

    other = new_page()
    sign_in(other, alice.email)
    other.goto(conversation.get_absolute_url())

    expect(other.get_by_test_id("chat-input")).to_have_value("Half a thou")


def test_a_long_paste_and_an_image_go(talking, app):
    page = talking
    page.locator("input[type=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": PIXEL})
    expect(page.get_by_role("button", name="Remove a.png")).to_be_visible()
    ask(page, "long " * 20_000)
    asked = app.asked()
    kinds = [part["type"] for part in asked.messages[-1]["content"]]
    assert sorted(kinds) == ["image_url", "text"]
    asked.say("I see.").end()

    finished(page)
    expect(turn(page).get_by_role("img", name="Image 1 of the message")).to_be_visible()
    expect(turn(page).get_by_text("Show all")).to_be_visible()


def test_a_file_that_is_no_image_is_refused_in_words(talking):
    talking.locator("input[type=file]").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%"}
    )

    expect(talking.get_by_role("alert")).to_contain_text("a.pdf is no PNG")


def test_a_failure_says_so_and_can_be_tried_again(talking, app):
    page = talking
    ask(page, "Am I covered?")
    app.asked().say("Yes, but ").cut()
    expect(turn(page)).to_have_attribute("data-state", "cut_off")
    expect(turn(page)).to_contain_text("The connection broke")

    page.get_by_role("button", name="Try again").click()
    app.asked().say("Yes, fully.").end()

    finished(page)
    expect(answer(page)).to_have_text("Yes, fully.")
    expect(turn(page)).to_contain_text("2 / 2")


def test_nothing_in_an_answer_runs_or_loads(talking, app):
    page = talking
    ask(page, "Hack me")
    asked = app.asked().say("Look: ", *re.findall(r".{1,9}", HOSTILE, re.DOTALL))
    expect(answer(page)).to_contain_text("Look:")
    asked.say("The end.").end()

    finished(page)
    expect(answer(page)).to_contain_text("The end.")
    assert page.evaluate("window.hacked") is None
    assert answer(page).locator("script, style, form, button[hx-get], img[src^=http]").count() == 0


def test_scrolling_up_is_not_undone(talking, app):
    page = talking
    ask(page, "Tell me much")
    asked = app.asked().say(*(f"Paragraph {n}.\n\n" for n in range(60)))
    drawn(page, "Paragraph 59.")
    page.locator("chat-talk").hover()
    page.mouse.wheel(0, -600)
    expect(page.get_by_role("button", name="Jump to the end")).to_be_visible()
    before = page.locator("chat-talk").evaluate("each => each.scrollTop")

    asked.say("More.\n\n", "And more.").end()
    finished(page)
    assert page.locator("chat-talk").evaluate("each => each.scrollTop") == before

    page.get_by_role("button", name="Jump to the end").click()
    expect(answer(page).get_by_text("And more.")).to_be_in_viewport()


def test_what_the_application_tells_late_is_shown_without_a_reload(talking, app):
    page = talking
    talk(page, app, "Am I covered?", "Yes.")
    expect(page.locator("#made")).to_contain_text("came without steps and sources")
    asked = Turn.objects.get()
    begin = in_ns(asked.started_at)
    found = [{"page_content": "If the home …", "metadata": {"title": "3.9 Homes"}}]
    search = a_span(
        traceId="0af7651916cd43dd8448eb211c80319c",
        name="search_policy",
        startTimeUnixNano=str(begin + 1_000),
        endTimeUnixNano=str(begin + 2_000),
        attributes=attributes(
            **{
                "mlflow.spanType": '"RETRIEVER"',
                "mlflow.spanOutputs": json.dumps(found),
                "mlflow.trace.session": json.dumps(str(asked.conversation_id)),
            }
        ),
    )
    assert page.request.post("/v1/traces", data=a_request(search)).ok

    expect(page.locator("#made")).to_contain_text("3.9 Homes")
    expect(turn(page).get_by_text("1 source")).to_be_visible()


def test_it_is_for_everybody(talking, app, new_page, sign_in, conversation, alice):
    page = talking
    axe(page)
    talk(page, app, "Am I covered?", "Yes:\n\n```python\nx = 1\n```\n\n| a |\n|---|\n| 1 |\n")
    axe(page)
    ask(page, "More?")
    asked = app.asked().say("Some ")
    expect(answer(page)).to_contain_text("Some")
    axe(page)
    asked.end()
    finished(page)


@pytest.mark.parametrize(
    "options", [{"color_scheme": "dark"}, {"viewport": PHONE}, {"viewport": {"width": 320, "height": 640}}]
)
def test_it_is_for_everybody_in_the_dark_and_on_small_screens(new_page, sign_in, conversation, alice, options):
    turn = Turn.objects.create(conversation=conversation, message="Am I covered?", text="Yes.\n\n`x`", state="complete")
    Conversation.objects.update(leaf=turn)
    page = new_page(**options)
    sign_in(page, alice.email)
    for path in (conversation.get_absolute_url(), "/chat/"):
        page.goto(path)
        axe(page)
        fits(page)


@pytest.fixture
def without_scripts(new_page, sign_in, conversation, alice) -> Page:
    page = new_page(java_script_enabled=False)
    sign_in(page, alice.email)
    page.goto("/chat/")
    return page


def test_without_scripts_a_page_refreshes_itself_while_an_answer_comes(without_scripts, app):
    page = without_scripts
    page.get_by_role("button", name="My basement flooded. Am I covered?").click()
    asked = app.asked()
    expect(turn(page)).to_have_attribute("data-state", "running")
    asked.say("Yes.").end()

    finished(page)
    expect(answer(page)).to_have_text("Yes.")


def test_without_scripts_answers_are_judged_stopped_and_made_again(without_scripts, app):
    page = without_scripts
    page.get_by_role("button", name="My basement flooded. Am I covered?").click()
    app.asked().say("Yes.").end()
    finished(page)
    page.get_by_role("button", name="Good").click()
    expect(page.get_by_role("button", name="Good")).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name="Regenerate").click()
    asked = app.asked().say("Perhaps ")
    page.get_by_role("button", name="Stop").click()
    asked.wait_until_gone()
    finished(page)
    page.get_by_role("button", name="Earlier version").click()
    expect(answer(page)).to_have_text("Yes.")


def test_without_scripts_one_goes_on_with_an_image(without_scripts, app):
    page = without_scripts
    page.get_by_role("button", name="Chat", exact=True).click()
    page.locator("input[type=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": PIXEL})
    page.get_by_role("textbox", name="Message").fill("And this?")
    page.get_by_test_id("chat-send").click()
    app.asked().say("A bike.").end()

    finished(page)
    expect(turn(page).get_by_role("img", name="Image 1 of the message")).to_be_visible()


def test_a_manager_reads_along(talking, app, new_page, sign_in, conversation, mallory):
    talk(talking, app, "Am I covered?", "Yes.")
    page = new_page()
    sign_in(page, mallory.email)
    page.goto(conversation.get_absolute_url())

    expect(answer(page)).to_have_text("Yes.")
    expect(page.get_by_text("You can read along.")).to_be_visible()
    expect(page.get_by_test_id("chat-input")).to_have_count(0)
    expect(page.get_by_role("button", name="Good")).to_have_count(0)


def test_it_can_be_renamed_and_archived(talking, app):
    page = talking
    talk(page, app, "Am I covered?", "Yes.")
    page.get_by_role("heading", level=1).click()
    page.get_by_role("textbox", name="Title").fill("Flooded basement")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Flooded basement")

    page.get_by_label("More").click()
    page.get_by_role("button", name="Archive").click()
    expect(page.locator("#conversations")).not_to_contain_text("Flooded basement")
    page.get_by_role("link", name="Archived conversations").click()
    page.get_by_role("link", name="Flooded basement").click()
    page.get_by_role("button", name="Put it back into the list").click()

    expect(page.locator("#conversations")).to_contain_text("Flooded basement")
