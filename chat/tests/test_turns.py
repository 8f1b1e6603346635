from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.utils import timezone

from chat import turns
from chat.events import Ended, Reason, Text, ToolCall, as_json
from chat.models import Conversation, Turn, TurnChunk

PIXEL = "data:image/png;base64,iVBORw0KGgo="
pytestmark = pytest.mark.django_db


def ask(conversation, message="Am I covered?", *, parent=None, **fields) -> Turn:
    return turns.ask(conversation, turn_id=fields.pop("turn_id", uuid4()), message=message, parent=parent, **fields)


def grow_old(turn: Turn, **fields) -> None:
    Turn.objects.filter(pk=turn.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=1), **fields)
    turn.refresh_from_db()


def write_chunk(turn: Turn, first: int, *events) -> None:
    last = max(first, first + len(events) - 1)
    TurnChunk.objects.create(turn=turn, first=first, last=last, events=[as_json(event) for event in events])


def test_a_message_is_added_and_shown(conversation, endpoint):
    conversation.draft = "Am I cov"
    conversation.save()

    turn = ask(conversation, images=[PIXEL])

    turn.refresh_from_db()
    conversation.refresh_from_db()
    assert (turn.message, turn.images, turn.state) == ("Am I covered?", [PIXEL], "running")
    assert turn.endpoint_version == endpoint.version
    assert len(bytes.fromhex(turn.trace_span_id)) == 8
    assert (conversation.leaf, conversation.draft, conversation.updated_at) == (turn, "", turn.started_at)


def test_the_same_id_twice_is_one_turn(conversation):
    turn_id = uuid4()

    first, second = ask(conversation, turn_id=turn_id), ask(conversation, "Something else", turn_id=turn_id)

    assert first == second
    assert second.message == "Am I covered?"


@pytest.mark.django_db(transaction=True)
def test_the_same_id_at_the_same_moment_is_one_turn(conversation):
    turn_id = uuid4()

    def send(_n: int) -> Turn:
        try:
            return ask(Conversation.objects.get(pk=conversation.pk), turn_id=turn_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(send, range(6)))

    assert {turn.pk for turn in made} == {turn_id}
    assert Turn.objects.count() == 1
    connections.close_all()


def test_an_id_of_another_conversation_is_taken(conversation, make_turn, endpoint, bob):
    theirs = make_turn(conversation=Conversation.objects.create(endpoint=endpoint, user=bob))

    with pytest.raises(turns.TurnTaken):
        ask(conversation, turn_id=theirs.pk)


@pytest.mark.parametrize(
    ("message", "images"),
    [
        (" \n", []),
        ("x" * (turns.MAX_MESSAGE_LENGTH + 1), []),
        ("x", [PIXEL] * (turns.MAX_IMAGES + 1)),
        ("x", [PIXEL + "A" * turns.MAX_IMAGES_LENGTH]),
        ("x", ["https://example.org/x.png"]),
        ("x", ["data:image/svg+xml;base64,PHN2Zz4="]),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(message, images, conversation):
    with pytest.raises(turns.TurnRefused, match=r"\w+ \w+"):
        ask(conversation, message, images=images)
    assert not Turn.objects.exists()


def test_an_image_alone_is_a_message(conversation):
    assert ask(conversation, "", images=[PIXEL]).images == [PIXEL]


def test_a_text_that_no_database_holds_is_mended(conversation):
    assert ask(conversation, "a\0b\ud83d").message == "a␀b�"


def test_a_parent_of_another_conversation_is_refused(conversation, make_turn, endpoint, bob):
    theirs = make_turn(conversation=Conversation.objects.create(endpoint=endpoint, user=bob))

    with pytest.raises(turns.TurnRefused):
        ask(conversation, parent=theirs)


def test_nobody_goes_on_under_an_answer_that_is_still_written(conversation, make_turn):
    with pytest.raises(turns.TurnRefused, match="Wait"):
        ask(conversation, parent=make_turn(state="running"))


def test_who_may_not_chat_with_it_any_more_is_refused(conversation, endpoint, alice):
    endpoint.people.remove(alice)

    with pytest.raises(turns.TurnRefused):
        ask(conversation)


def test_an_archived_endpoint_is_not_asked(conversation, endpoint):
    endpoint.archived_at = timezone.now()
    endpoint.save()

    with pytest.raises(turns.TurnRefused):
        ask(conversation)


def test_not_too_many_answers_at_once(conversation):
    for _ in range(turns.MAX_RUNNING):
        ask(conversation)

    with pytest.raises(turns.TurnRefused):
        ask(conversation)


def test_again_and_edit_make_versions_and_change_nothing(conversation, make_turn):
    root = make_turn("Hello")
    turn = make_turn("Am I covered?", images=[PIXEL])

    again = turns.again(turn, turn_id=uuid4())
    edited = turns.edit(turn, turn_id=uuid4(), message="Am I insured?")

    assert [(t.parent, t.message, t.images) for t in (again, edited)] == [
        (root, "Am I covered?", [PIXEL]),
        (root, "Am I insured?", [PIXEL]),
    ]
    turn.refresh_from_db()
    assert (turn.message, turn.text) == ("Am I covered?", "Yes, you **are**.")


def test_the_branch_says_which_version_each_turn_is(conversation, make_turn, django_assert_num_queries):
    root = make_turn("Hello")
    first, second, third = (make_turn("Covered?", parent=root) for _ in range(3))
    conversation.leaf = second
    conversation.save()

    with django_assert_num_queries(2):
        branch = turns.branch_of(conversation)

    assert [(shown.turn, shown.number, shown.total, shown.before, shown.after) for shown in branch] == [
        (root, 1, 1, None, None),
        (second, 2, 3, first.pk, third.pk),
    ]


def test_an_empty_conversation_has_no_branch(conversation):
    assert turns.branch_of(conversation) == []


def test_showing_a_version_goes_to_where_it_was_last_gone_on_with(conversation, make_turn):
    old = make_turn("one")
    make_turn("two", parent=old)
    newer = make_turn("two b", parent=old)
    newest = make_turn("three", parent=newer)
    other = make_turn("one b", parent=None)
    assert conversation.leaf == other

    turns.show(old)

    conversation.refresh_from_db()
    assert conversation.leaf == newest


def test_a_stop_is_noted_in_the_row(conversation, django_capture_on_commit_callbacks):
    turn = ask(conversation)

    with django_capture_on_commit_callbacks(execute=True):
        turns.ask_to_stop(turn)

    turn.refresh_from_db()
    assert turn.stop_asked_at


def test_a_stop_that_comes_too_late_changes_nothing(make_turn):
    turn = make_turn()

    turns.ask_to_stop(turn)

    turn.refresh_from_db()
    assert turn.stop_asked_at is None


def test_a_lost_turn_is_interrupted_with_what_its_chunks_hold(conversation, make_turn):
    turn = make_turn(state="running", text="", ended_at=None)
    write_chunk(turn, 0)
    write_chunk(turn, 1, Text("Yes, "), ToolCall("c1", "search"))
    write_chunk(turn, 3, Text("you"))
    grow_old(turn)

    assert turns.settle_lost(conversation.turns.all()) == [turn]

    turn.refresh_from_db()
    assert (turn.state, turn.text, turn.n_events, turn.ended_at) == ("interrupted", "Yes, you", 3, turn.heartbeat_at)
    assert turn.steps[0]["name"] == "search"
    assert turn.trace_id == turns.tracing.trace_id_of(turn)
    assert not TurnChunk.objects.exists()


def test_a_turn_that_was_lost_after_its_end_is_what_it_was(conversation, make_turn):
    turn = make_turn(state="running", text="", ended_at=None)
    write_chunk(turn, 1, Text("Yes."), Ended(Reason.STOP))
    grow_old(turn)

    turns.settle_lost(conversation.turns.all())

    turn.refresh_from_db()
    assert (turn.state, turn.text) == ("complete", "Yes.")


def test_a_turn_with_a_heartbeat_is_not_lost(conversation, make_turn):
    turn = make_turn(state="running")

    assert turns.settle_lost(conversation.turns.all()) == []
    turn.refresh_from_db()
    assert turn.is_running


def test_asking_settles_what_was_lost(conversation, make_turn):
    lost = make_turn(state="running", text="")
    grow_old(lost)

    ask(conversation, parent=lost)

    lost.refresh_from_db()
    assert lost.state == "interrupted"


def test_looking_shows_what_was_said_so_far_and_writes_nothing(make_turn, django_assert_num_queries):
    turn = make_turn(state="running", text="", ended_at=None)
    write_chunk(turn, 1, Text("Yes, "), Text("you"))

    with django_assert_num_queries(1):
        seen = turns.as_seen(turn)

    assert (seen.text, seen.state, seen.n_events) == ("Yes, you", "running", 2)
    turn.refresh_from_db()
    assert turn.text == ""


def test_a_lost_turn_is_seen_as_interrupted_before_anybody_settles_it(make_turn):
    turn = make_turn(state="running", text="", ended_at=None)
    write_chunk(turn, 1, Text("Yes"))
    grow_old(turn)

    seen = turns.as_seen(turn)

    assert (seen.state, seen.text) == ("interrupted", "Yes")
    assert Turn.objects.get(pk=turn.pk).is_running


def test_a_turn_that_ended_since_it_was_looked_up_is_seen_as_it_is_now(make_turn):
    turn = make_turn(state="running", text="", ended_at=None)
    Turn.objects.filter(pk=turn.pk).update(state="complete", text="Yes.")

    assert turns.as_seen(turn).text == "Yes."
