from __future__ import annotations

import asyncio
import json
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.sessions.backends.cached_db import SessionStore

from chat import consumers, following, nudging, running, turns
from chat.models import Conversation, Turn
from chat.tests.sockets import Page, ask, opened, session_of, socket_of, words_in
from chat.tests.test_linking import app_spans
from chat.tests.test_running import until_chunks, until_said
from chat.tracing import record
from chat.turn_spans import root_span_id_of
from traces.ingest.storing import store_spans
from traces.reading.rendering import render_markdown

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = "# Cover\n\nYes, **you** are.\n\n```\ncode\n\nmore\n```\n\n- a\n- b\n\nSee § 4."


@pytest.fixture(autouse=True)
def clean_layer():
    """One test's sockets are not another's."""
    yield
    layer = get_channel_layer()
    layer.channels.clear()
    layer.groups.clear()


async def turn_of(turn_id: UUID) -> Turn:
    return await Turn.objects.aget(pk=turn_id)


async def listen(socket, page: Page, until) -> None:
    """Hear until the page shows what it should."""
    while not until(page):
        page.take(await socket.hears())


async def test_a_message_is_shown_answered_and_ended(conversation, alice, speaker):
    socket, page = await opened(alice, conversation), Page()
    turn_id = await ask(socket)
    call = await speaker.asked()
    shown = await socket.hears()
    assert (shown["op"], shown["turn"]) == ("turn", str(turn_id))
    assert f'id="turn-{turn_id}"' in shown["html"]

    await call.say("Yes, ", "you ", "are.")
    await listen(socket, page, lambda page: page.shown == "Yes, you are.")
    await call.end()

    ended = await socket.hears("ended")
    assert ended["turn"] == str(turn_id)
    assert ended["cursor"] == (await turn_of(turn_id)).n_events
    assert "Yes, you are." in ended["html"]
    assert "aria-busy" not in ended["html"]
    await socket.disconnect()


async def test_blocks_and_tail_look_like_the_answer(conversation, alice, speaker):
    socket, page = await opened(alice, conversation), Page()
    await ask(socket)
    call = await speaker.asked()
    page.take(await socket.hears("turn"))
    for start in range(0, len(ANSWER), 3):
        await call.say(ANSWER[start : start + 3])
        await asyncio.sleep(0.005)

    await listen(socket, page, lambda page: page.shown == words_in(render_markdown(ANSWER)))

    assert "".join(page.blocks) == render_markdown(ANSWER.rpartition("\n\n")[0])
    assert len(page.blocks) == 4
    assert page.tail.startswith('<p dir="auto">See')
    await call.end()
    await socket.hears("ended")
    await socket.disconnect()


async def test_model_output_is_never_html(conversation, alice, speaker):
    socket, page = await opened(alice, conversation), Page()
    await ask(socket)
    call = await speaker.asked()
    await call.say(
        "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n", "![x](http://evil.example/x.png) end"
    )
    await listen(socket, page, lambda page: "end" in page.tail)
    await call.end()
    page.take(await socket.hears("ended"))

    for html in ("".join(page.blocks), page.tail, page.final):
        assert "<script>alert" not in html
        assert "<img" not in html
    await socket.disconnect()


async def test_reasoning_and_steps_are_told_as_what_it_is_doing(conversation, alice, speaker):
    socket, page = await opened(alice, conversation), Page()
    await ask(socket)
    call = await speaker.asked()

    await call.send({"choices": [{"index": 0, "delta": {"reasoning_content": "Let me <b>see</b>"}}]})
    await listen(socket, page, lambda page: "Thinking" in page.activity)
    called = {"index": 0, "id": "c1", "type": "function", "function": {"name": "find_policy", "arguments": "{}"}}
    await call.send({"choices": [{"index": 0, "delta": {"tool_calls": [called]}}]})
    await listen(socket, page, lambda page: "policy" in page.activity)

    assert page.shown == ""
    await socket.disconnect()


async def test_every_page_of_the_conversation_sees_it(conversation, alice, mallory, speaker):
    first, second, reader = [await opened(user, conversation) for user in (alice, alice, mallory)]
    turn_id = await ask(first)
    call = await speaker.asked()
    for socket in (first, second, reader):
        assert (await socket.hears())["turn"] == str(turn_id)

    await call.say("Yes.")
    for socket in (first, second, reader):
        await listen(socket, Page(), lambda page: page.shown == "Yes.")
    await call.end()

    for socket in (first, second, reader):
        assert "Yes." in (await socket.hears("ended"))["html"]
        await socket.disconnect()


async def test_another_conversation_hears_nothing(conversation, alice, endpoint, speaker):
    other = await Conversation.objects.acreate(endpoint=endpoint, user=alice)
    socket, elsewhere = await opened(alice, conversation), await opened(alice, other)

    await ask(socket)
    await (await speaker.asked()).end()
    await socket.hears("ended")

    assert await elsewhere.receive_nothing()
    await socket.disconnect()
    await elsewhere.disconnect()


async def test_the_same_message_sent_again_is_one_turn_and_shows_it(conversation, alice, speaker):
    socket = await opened(alice, conversation)
    turn_id = await ask(socket)
    await socket.hears("turn")
    call = await speaker.asked()

    await socket.says("ask", turn=turn_id, parent=None, message="Am I covered?")
    await call.end()

    assert (await socket.hears("ended"))["turn"] == str(turn_id)
    assert speaker.n_calls == 1
    await socket.disconnect()


async def test_again_and_edit_make_versions(conversation, alice, make_turn, speaker):
    turn = await sync_to_async(make_turn)("Am I covered?")
    socket = await opened(alice, conversation)
    again, edited = uuid4(), uuid4()

    await socket.says("again", turn=again, of=turn.pk)
    await (await speaker.asked()).end()
    await socket.hears("ended")
    await socket.says("edit", turn=edited, of=turn.pk, message="Am I insured?")
    call = await speaker.asked()
    await call.end()
    await socket.hears("ended")

    assert call.messages[-1]["content"] == "Am I insured?"
    made = {turn.pk: turn.parent_id async for turn in Turn.objects.filter(pk__in=[again, edited])}
    assert made == {again: turn.parent_id, edited: turn.parent_id}
    await socket.disconnect()


async def test_leaving_is_not_stopping_and_coming_back_goes_on(conversation, alice, speaker):
    socket, page = await opened(alice, conversation), Page()
    turn_id = await ask(socket)
    call = await speaker.asked()
    await call.say("One.\n\nTwo.\n\nThree")
    await listen(socket, page, lambda page: page.shown == "One.Two.Three")
    await socket.disconnect()

    await call.say(" and four.\n\nFive")
    await until_said(await turn_of(turn_id), "One.\n\nTwo.\n\nThree and four.\n\nFive")
    back = await opened(alice, conversation)
    await back.says("watch", turn=turn_id, cursor=page.cursor, blocks=len(page.blocks))
    await listen(back, page, lambda page: page.shown == "One.Two.Three and four.Five")

    await call.end()
    assert "Five" in (await back.hears("ended"))["html"]
    await back.disconnect()


async def test_an_answer_that_ended_meanwhile_is_shown_whole(conversation, alice, make_turn):
    turn = await sync_to_async(make_turn)()
    socket = await opened(alice, conversation)

    await socket.says("watch", turn=turn.pk, cursor=3, blocks=1)

    assert "you <strong>are</strong>" in (await socket.hears("ended"))["html"]
    assert not following.mirrors
    await socket.disconnect()


async def test_stop_from_another_page(conversation, alice, speaker):
    asking, other = await opened(alice, conversation), await opened(alice, conversation)
    turn_id = await ask(asking)
    call = await speaker.asked()
    await call.say("Yes, you")
    await listen(asking, Page(), lambda page: page.shown == "Yes, you")

    await other.says("stop", turn=turn_id)

    for socket in (asking, other):
        await socket.hears("ended")
        await socket.disconnect()
    turn = await turn_of(turn_id)
    assert (turn.state, turn.text) == ("stopped", "Yes, you")


async def test_a_stop_told_by_another_process_is_heard_at_once(conversation, alice, speaker):
    socket = await opened(alice, conversation)
    turn_id = await ask(socket)
    await speaker.asked()
    await socket.hears("turn")

    await nudging.tell(conversation.pk, nudging.STOP, turn_id)

    assert (await socket.hears("ended"))["turn"] == str(turn_id)
    assert (await turn_of(turn_id)).state == "stopped"
    await socket.disconnect()


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "null",
        "{}",
        '{"op": "fly"}',
        '{"op": ["ask"]}',
        '{"op": "ask"}',
        '{"op": "ask", "turn": "no id", "message": "x"}',
        '{"op": "ask", "turn": 5, "message": "x"}',
        '{"op": "ask", "turn": "%(new)s", "message": 7}',
        '{"op": "ask", "turn": "%(new)s", "message": "x", "images": "data:"}',
        '{"op": "ask", "turn": "%(new)s", "message": "  "}',
        '{"op": "ask", "turn": "%(new)s", "message": "x", "parent": "%(new)s"}',
        '{"op": "watch", "turn": "%(new)s", "cursor": 0, "blocks": 0}',
        '{"op": "watch", "turn": "%(old)s", "cursor": -1, "blocks": 0}',
        '{"op": "watch", "turn": "%(old)s", "cursor": 0, "blocks": "0"}',
        '{"op": "stop", "turn": "%(new)s"}',
        '{"op": "again", "turn": "%(new)s", "of": "%(new)s"}',
        "[" * 100_000,
        '"' + "x" * (consumers.MAX_MESSAGE_CHARS + 1) + '"',
    ],
    ids=range(20),
)
async def test_what_cannot_be_understood_is_said_and_the_socket_stays(text, conversation, alice, make_turn):
    turn = await sync_to_async(make_turn)()
    socket = await opened(alice, conversation)

    await socket.says_text(text.replace("%(new)s", str(uuid4())).replace("%(old)s", str(turn.pk)))

    error = await socket.hears()
    assert error["op"] == "error"
    assert error["message"]
    await socket.says("watch", turn=turn.pk, cursor=0, blocks=0)
    assert (await socket.hears())["op"] == "ended"
    await socket.disconnect()


async def test_an_error_names_the_turn_that_it_is_about(conversation, alice):
    socket = await opened(alice, conversation)

    turn_id = await ask(socket, "")

    assert (await socket.hears())["turn"] == str(turn_id)
    await socket.disconnect()


async def test_a_turn_of_another_conversation_is_not_there(conversation, alice, bob, endpoint, make_turn):
    theirs = await Conversation.objects.acreate(endpoint=endpoint, user=bob)
    turn = await sync_to_async(make_turn)(conversation=theirs, state="running")
    socket = await opened(alice, conversation)

    for op in ({"op": "watch", "cursor": 0, "blocks": 0}, {"op": "stop"}):
        await socket.says(turn=turn.pk, **op)
        assert (await socket.hears())["op"] == "error"

    await turn.arefresh_from_db()
    assert turn.stop_asked_at is None
    await socket.disconnect()


async def test_too_many_at_once(conversation, alice, make_turn, monkeypatch, speaker):
    monkeypatch.setattr(consumers, "MAX_WATCHED", 1)
    socket = await opened(alice, conversation)
    await ask(socket)
    await speaker.asked()
    await socket.hears("turn")

    await ask(socket)

    assert (await socket.hears("error"))["message"]
    await socket.disconnect()


@pytest.mark.parametrize(("person", "code"), [("charlie", 4404), ("bob", 4404), (None, 4401)])
async def test_who_may_not_read_it_is_told_by_the_code(person, code, conversation, bob, charlie):
    socket = await socket_of({"bob": bob, "charlie": charlie}.get(person), conversation.pk)

    assert await socket.connect() is None  # accepted first: browsers see no code before

    assert await socket.is_closed() == code
    assert not get_channel_layer().groups


async def test_what_a_refused_page_had_on_its_way_is_not_answered(conversation, charlie):
    socket = await socket_of(charlie, conversation.pk)
    await socket.connect()
    await ask(socket)
    await ask(socket)

    assert await socket.is_closed() == 4404
    assert await socket.receive_nothing()  # servers raise on a second close


async def test_a_conversation_that_is_not_there(alice):
    socket = await socket_of(alice, uuid4())
    await socket.connect()

    assert await socket.is_closed() == 4404


async def test_a_page_of_another_site_gets_no_socket_for_its_visitor(conversation, alice):
    socket = await socket_of(alice, conversation.pk, origin="https://evil.example")

    assert await socket.connect() == 403 or await socket.receive_nothing()


@pytest.mark.parametrize("op", ["ask", "stop", "again", "edit"])
async def test_who_only_reads_changes_nothing(op, conversation, mallory, make_turn):
    turn = await sync_to_async(make_turn)()
    socket = await opened(mallory, conversation)

    about = turn.pk if op == "stop" else uuid4()
    await socket.says(op, turn=about, of=turn.pk, parent=None, message="x")

    assert await socket.is_closed() == 4403
    assert await Turn.objects.acount() == 1


async def test_who_signed_out_is_let_go_at_the_next_word(conversation, alice, make_turn):
    turn = await sync_to_async(make_turn)()
    session = await sync_to_async(session_of)(alice)
    socket = await opened(alice, conversation, session=session)

    await sync_to_async(SessionStore(session).flush)()
    await socket.says("watch", turn=turn.pk, cursor=0, blocks=0)

    assert await socket.is_closed() == 4401


async def test_who_was_shut_out_sees_no_new_turn(conversation, alice, speaker, mallory):
    asking = await opened(alice, conversation)
    reader = await opened(mallory, conversation)
    mallory.role = "expert"
    await mallory.asave()

    await ask(asking)

    assert await reader.is_closed() == 4404
    await asking.disconnect()


async def test_who_may_not_chat_with_it_any_more_keeps_what_was_said(conversation, alice, endpoint, make_turn):
    turn = await sync_to_async(make_turn)()
    socket = await opened(alice, conversation)
    await endpoint.people.aremove(alice)

    await ask(socket)
    assert (await socket.hears())["op"] == "error"

    await socket.says("watch", turn=turn.pk, cursor=0, blocks=0)
    assert (await socket.hears())["op"] == "ended"
    await socket.disconnect()


async def test_a_socket_that_went_leaves_nothing_behind(conversation, alice, speaker):
    socket = await opened(alice, conversation)
    turn_id = await ask(socket)
    await speaker.asked()
    await socket.hears("turn")

    await socket.disconnect()

    assert not get_channel_layer().groups.get(nudging.group_of(conversation.pk))
    await asyncio.sleep(0)
    assert not running.runs[turn_id].log._waiting


async def test_opening_settles_what_was_lost(conversation, alice, make_turn):
    turn = await sync_to_async(make_turn)(state="running", text="")
    await Turn.objects.filter(pk=turn.pk).aupdate(heartbeat_at=turn.started_at.replace(year=2020))

    socket = await opened(alice, conversation)
    await socket.says("watch", turn=turn.pk, cursor=0, blocks=0)

    await socket.hears("ended")
    assert (await turn_of(turn.pk)).state == "interrupted"
    await socket.disconnect()


async def test_a_turn_that_runs_elsewhere_is_read_from_its_chunks(conversation, alice, speaker):
    """Two registries over one database: this one forgets the run, and reads what the other goes on writing."""
    socket, page = await opened(alice, conversation), Page()
    turn_id = await ask(socket)
    call = await speaker.asked()
    await call.say("One.\n\n", "Two")
    await listen(socket, page, lambda page: page.shown == "One.Two")
    await socket.disconnect()
    elsewhere, running.runs = running.runs, ForgottenRuns(running.runs)
    try:
        await watch_from_elsewhere(conversation, alice, turn_id, call)
    finally:
        elsewhere.clear()
        running.runs = elsewhere
    assert (await turn_of(turn_id)).text == "One.\n\nTwo and three.\n\nFour."


class ForgottenRuns(dict):
    """Another process's runs: they go on, but this process finds none by its id."""

    def get(self, key, default=None):
        return default


async def watch_from_elsewhere(conversation, alice, turn_id: UUID, call) -> None:
    sockets = [await opened(alice, conversation) for _ in range(2)]
    pages = [Page(), Page()]
    for socket in sockets:
        await socket.says("watch", turn=turn_id, cursor=0, blocks=0)
    await call.say(" and three.\n\n", "Four.")
    for socket, page in zip(sockets, pages, strict=True):
        await listen(socket, page, lambda page: page.shown == "One.Two and three.Four.")
    assert list(following.mirrors) == [turn_id]  # read once for both
    await call.end()
    for socket in sockets:
        await socket.hears("ended")
        await socket.disconnect()
    assert not following.mirrors


async def test_a_page_that_knows_more_than_this_process_waits_for_it(conversation, alice, speaker):
    """It was drawn by the process that runs the turn, and its socket came to another that is a moment behind."""
    asking = await opened(alice, conversation)
    turn_id = await ask(asking)
    call = await speaker.asked()
    await call.say("One.\n\n", "Two.\n\n", "Three")
    await until_chunks(await turn_of(turn_id), 3)
    drawn = await sync_to_async(turns.as_seen)(await turn_of(turn_id))
    socket, page = await opened(alice, conversation), Page()
    page.blocks = ["<p>One.</p>", "<p>Two.</p>", "<p>Three</p>"]  # Three is finished there already

    await socket.says("watch", turn=turn_id, cursor=drawn.n_events + 1, blocks=3)
    assert await socket.receive_nothing()
    await call.say(".\n\nFour\n")
    await listen(socket, page, lambda page: page.shown.rstrip() == "One.Two.ThreeFour")

    for each in (socket, asking):
        await each.disconnect()


def test_frames_are_small_json():
    frame = json.dumps({"op": "frame", "turn": str(uuid4()), "cursor": 12, "text": " word"})
    assert len(frame) < 120


async def test_a_page_is_told_when_the_applications_trace_joins(conversation, alice, make_turn):
    turn = await sync_to_async(make_turn)()
    await sync_to_async(record)(turn)
    await Turn.objects.filter(pk=turn.pk).aupdate(link="waiting")
    socket = await opened(alice, conversation)
    spans = app_spans(turn.pk.hex, parent_id=root_span_id_of(turn))

    await sync_to_async(store_spans)(conversation.endpoint.experiment, spans[1:])
    assert "1 source" in (await socket.hears("linked"))["html"]

    await sync_to_async(store_spans)(conversation.endpoint.experiment, spans[:1])  # the rest, in another batch
    assert (await socket.hears("linked"))["turn"] == str(turn.pk)
    await socket.disconnect()


async def test_our_own_record_is_no_news_to_a_page(conversation, alice, make_turn):
    turn = await sync_to_async(make_turn)()
    socket = await opened(alice, conversation)
    await sync_to_async(record)(turn)

    assert await socket.receive_nothing()
    await socket.disconnect()
