"""What can happen to a chat while an answer comes: its server dies, the application dies, strangers look in."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from chat.models import Conversation, Endpoint, Turn
from tests.e2e.endpoint import Application, application
from tests.e2e.killable import BEGINNING, END, killable
from tests.e2e.server import free_port
from traces.models import Experiment

# Opens a socket and tells whether it opened, what it heard, and the code with which it was closed.
TRY_SOCKET = """url => new Promise(resolve => {
    const tried = { opened: false, heard: [], code: 0 }
    const socket = new WebSocket(url)
    socket.onopen = () => {
        tried.opened = true
        socket.send(JSON.stringify({ op: "ask", turn: crypto.randomUUID(), parent: null, message: "Let me in" }))
    }
    socket.onmessage = (event) => { tried.heard.push(event.data); socket.close() }
    socket.onclose = (event) => resolve({ ...tried, code: event.code })
})"""


@pytest.fixture
def app() -> Iterator[Application]:
    with application() as running:
        yield running


def endpoint_at(url: str, *people: User) -> Endpoint:
    made = Endpoint.objects.create(name="Claims assistant", url=url, experiment=Experiment.objects.get(pk=0))
    made.people.set(people)
    return made


@pytest.fixture
def endpoint(app, alice, bob) -> Endpoint:
    return endpoint_at(app.url, alice, bob)


@pytest.fixture
def enter(sign_in) -> Callable[[Page, User, Endpoint], Conversation]:
    """Return a function: a person opens a new conversation."""

    def opened(page: Page, user: User, endpoint: Endpoint) -> Conversation:
        conversation = Conversation.objects.create(endpoint=endpoint, user=user)
        sign_in(page, user.email)
        page.goto(conversation.get_absolute_url())
        expect(page.get_by_test_id("chat-input")).to_be_focused()
        return conversation

    return opened


def ask(page: Page, message: str) -> None:
    page.get_by_test_id("chat-input").fill(message)
    page.keyboard.press("Enter")


def turn(page: Page) -> Locator:
    return page.get_by_test_id("turn").last


def answer(page: Page) -> Locator:
    return turn(page).get_by_test_id("turn-answer")


def is_kept(page: Page, text: str) -> None:
    """Wait until the database has some of the answer: what comes within the last moment before a crash is lost."""
    for _ in range(100):
        if any(text in str(events) for events in Turn.objects.values_list("chunks__events", flat=True)):
            return
        page.wait_for_timeout(50)  # ms
    raise AssertionError("Nothing of the answer was written.")


def let_time_pass() -> None:
    """As if the last sign of life of what was running were a minute old."""
    Turn.objects.filter(state=Turn.State.RUNNING).update(heartbeat_at=timezone.now() - timedelta(minutes=1))


def tried_again(page: Page, app: Application) -> None:
    """Try the broken answer again, and be answered."""
    turn(page).get_by_role("button", name="Try again").click()
    asked = app.asked()
    assert [each["content"] for each in asked.messages] == ["Am I covered?"]
    asked.say("Yes, fully.").end()
    expect(turn(page)).to_have_attribute("data-state", "complete")
    expect(answer(page)).to_have_text("Yes, fully.")
    expect(turn(page)).to_contain_text("2 / 2")


@pytest.mark.parametrize("is_back", ["late", "at once"])
def test_a_killed_server_comes_back_with_what_had_come(page, server, watch_of, enter, app, endpoint, alice, is_back):
    conversation = enter(page, alice, endpoint)
    ask(page, "Am I covered?")
    asked = app.asked().say("Yes, but ")
    expect(answer(page)).to_contain_text("Yes, but")
    is_kept(page, "Yes, but")
    page.evaluate("window.same = true")

    with watch_of(page).without_server():
        with server.killed():
            asked.wait_until_gone()
            expect(page.locator("[data-connection]")).to_be_visible()
            page.get_by_test_id("chat-input").fill("kept here")
            if is_back == "late":
                let_time_pass()
        expect(page.locator("[data-connection]")).to_be_hidden()
        if is_back == "at once":  # it can't know yet whether another process answers
            expect(turn(page)).to_have_attribute("aria-busy", "true")
            let_time_pass()
        expect(turn(page)).to_have_attribute("data-state", "interrupted")

    assert page.evaluate("window.same")  # by itself, without a reload
    expect(answer(page)).to_have_text("Yes, but")
    expect(turn(page)).to_contain_text("This server restarted while the answer was coming. What had come is kept.")
    expect(page.get_by_test_id("chat-input")).to_have_value("kept here")
    assert conversation.turns.get().text == "Yes, but "
    tried_again(page, app)


def test_a_killed_application_is_said_in_words_and_can_be_tried_again(page, enter, alice):
    port = free_port()
    enter(page, alice, endpoint_at(f"http://127.0.0.1:{port}/v1", alice))
    with killable(port, "begins") as process:
        ask(page, "Am I covered?")
        expect(answer(page)).to_contain_text(BEGINNING.strip())
        process.kill()
        expect(turn(page)).to_have_attribute("data-state", "cut_off")
    expect(answer(page)).to_have_text(BEGINNING.strip())
    expect(turn(page)).to_contain_text("The connection broke in the middle of the answer. What had come is kept.")

    turn(page).get_by_role("button", name="Try again").click()
    expect(turn(page)).to_contain_text("The application could not be reached. Your message is kept.")

    with killable(port, "ends"):
        turn(page).get_by_role("button", name="Try again").click()
        expect(answer(page)).to_have_text(BEGINNING + END)
    expect(turn(page)).to_have_attribute("data-state", "complete")
    expect(turn(page)).to_contain_text("3 / 3")


def test_two_people_at_once_see_their_own_conversation_alone(page, new_page, enter, app, endpoint, alice, bob):
    pages, frames = {"alice": page, "bob": new_page()}, {"alice": [], "bob": []}
    for (name, each), user in zip(pages.items(), (alice, bob), strict=True):
        hear = frames[name].append
        each.on("websocket", lambda socket, hear=hear: socket.on("framereceived", lambda frame: hear(str(frame))))
        enter(each, user, endpoint)
        ask(each, f"Secret of {name}?")
    asked = {each.messages[-1]["content"]: each for each in (app.asked(), app.asked())}
    both = {name: asked[f"Secret of {name}?"] for name in pages}
    for part in ("Only ", "for ", "the ears of "):  # both at once, word by word
        for each in both.values():
            each.say(part)
    for name, each in both.items():
        each.say(name).end()

    for (name, each), other in zip(pages.items(), ("bob", "alice"), strict=True):
        expect(turn(each)).to_have_attribute("data-state", "complete")
        expect(answer(each)).to_have_text(f"Only for the ears of {name}")
        expect(each.locator("#conversations")).to_contain_text(f"Secret of {name}?")
        assert len(frames[name]) > 1
        unheard = re.compile(f"(Secret|ears) of {other}")
        assert not unheard.search(each.content())
        assert not unheard.search("".join(frames[name]))


def test_a_strangers_conversation_is_not_there(page, sign_in, endpoint, alice, charlie):
    endpoint.people.add(charlie)  # may chat, but this is not charlie's
    hers = Conversation.objects.create(endpoint=endpoint, user=alice)
    said = Turn.objects.create(conversation=hers, message="Secret?", text="Secret.", state=Turn.State.COMPLETE)
    Conversation.objects.update(leaf=said)
    sign_in(page, charlie.email)

    for path in (
        f"/chat/{hers.pk}/",
        f"/chat/{hers.pk}/turns/",
        f"/chat/{hers.pk}/export.md",
        f"/chat/turns/{said.pk}/",
    ):
        refused = page.goto(path)
        assert refused.status == 404, path
        assert "Secret" not in page.content()
    tried = page.evaluate(TRY_SOCKET, f"/ws/chat/{hers.pk}/")

    assert tried == {"opened": True, "heard": [], "code": 4404}
    assert Turn.objects.count() == 1


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of an empty page that is not ours, on our host at another port: cookies go there and from there."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Elsewhere</title>")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()


def test_a_page_from_elsewhere_gets_no_socket(browser, server, enter, endpoint, alice, elsewhere):
    context = browser.new_context(base_url=server.url)  # not watched: it goes where our pages never go
    page = context.new_page()
    conversation = enter(page, alice, endpoint)
    url = f"{server.url.replace('http', 'ws', 1)}/ws/chat/{conversation.pk}/"
    assert page.evaluate(TRY_SOCKET, url)["opened"]  # from our own page

    page.goto(elsewhere)
    tried = page.evaluate(TRY_SOCKET, url)

    assert tried == {"opened": False, "heard": [], "code": 1006}
    assert conversation.turns.filter(message="Let me in").count() == 1
    context.close()
