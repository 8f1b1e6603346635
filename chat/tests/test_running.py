"""Turns as they are answered: real HTTP to an endpoint that says what the test lets it say."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from chat import keeping, nudging, running, turns
from chat.cleaning import cleaned
from chat.events import ToolCall, ToolResult
from chat.models import Conversation, Turn, TurnChunk
from chat.threads import in_thread
from traces.models import Trace

pytestmark = pytest.mark.django_db(transaction=True)


async def ask(conversation, message="Am I covered?", *, parent=None, **fields) -> Turn:
    return await in_thread(turns.ask, conversation, turn_id=uuid4(), message=message, parent=parent, **fields)


async def begin(conversation, speaker, **fields):
    """Ask and start; return the turn, and the endpoint's side of it."""
    turn = await ask(conversation, **fields)
    await running.start(turn.pk)
    return turn, await speaker.asked()


async def until_said(turn: Turn, text: str) -> None:
    """Wait until the run has heard the endpoint say so much."""
    run = running.runs[turn.pk]
    while run.answer.text != text:
        assert text.startswith(run.answer.text)
        await asyncio.wait_for(run.log.news(len(run.log)), 5)


async def until_over(turn: Turn) -> Turn:
    if run := running.runs.get(turn.pk):
        await asyncio.wait_for(run.task, 5)
    return await Turn.objects.aget(pk=turn.pk)


async def until_chunks(turn: Turn, n_events: int) -> None:
    for _ in range(500):
        chunk = await TurnChunk.objects.filter(turn=turn).order_by("last").alast()
        if chunk and chunk.last >= n_events:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("The chunks were not written.")


async def test_an_answer_is_written_down_recorded_and_forgotten_here(conversation, speaker):
    turn, call = await begin(conversation, speaker)

    await call.say("Yes, ", "you ", "are.")
    await call.end()

    turn = await until_over(turn)
    assert (turn.state, turn.text, turn.finish_reason) == ("complete", "Yes, you are.", "stop")
    assert turn.first_text_ms is not None
    assert turn.ended_at
    assert await Trace.objects.filter(pk=turn.trace_id).aexists()
    assert not await TurnChunk.objects.aexists()
    assert turn.pk not in running.runs


async def test_the_endpoint_is_asked_what_the_person_sees(conversation, make_turn, speaker, endpoint):
    endpoint.system_prompt = ""
    await endpoint.asave()
    root = await sync_to_async(make_turn)("Hello", "Hi.")
    await sync_to_async(make_turn)("Not on the branch", "No.", parent=root)
    failed = await sync_to_async(make_turn)("Are you there?", "", parent=root, state="failed")

    _turn, call = await begin(conversation, speaker, parent=failed)

    assert [(message["role"], message["content"]) for message in call.messages] == [
        ("user", "Hello"),
        ("assistant", "Hi."),
        ("user", "Are you there?\n\nAm I covered?"),
    ]


async def test_two_starts_are_one_run(conversation, speaker):
    turn = await ask(conversation)

    await asyncio.gather(*(running.start(turn.pk) for _ in range(5)))
    call = await speaker.asked()
    await call.say("Yes.")
    await call.end()

    assert (await until_over(turn)).text == "Yes."
    assert speaker.n_calls == 1


async def test_what_another_process_has_claimed_is_not_started(conversation, speaker):
    turn = await ask(conversation)
    assert await in_thread(keeping.claim, turn.pk)

    await running.start(turn.pk)

    assert turn.pk not in running.runs
    assert speaker.n_calls == 0


async def test_what_is_over_is_not_started_again(make_turn, speaker):
    turn = await sync_to_async(make_turn)()

    await running.start(turn.pk)

    assert not running.runs
    assert not await TurnChunk.objects.aexists()


async def test_a_stop_keeps_what_came_and_hangs_up(conversation, speaker):
    turn, call = await begin(conversation, speaker)
    await call.say("Yes, ", "you")
    await until_said(turn, "Yes, you")

    await in_thread(turns.ask_to_stop, turn)

    turn = await until_over(turn)
    assert (turn.state, turn.text, turn.finish_reason) == ("stopped", "Yes, you", "stopped")
    await asyncio.wait_for(call.gone, 5)


@pytest.mark.parametrize("ends", ["stopped", "cut off"])
async def test_the_tokens_that_were_counted_are_kept_however_it_ends(conversation, speaker, ends):
    turn, call = await begin(conversation, speaker)
    counted = {"prompt_tokens": 12, "completion_tokens": 2}
    await call.send({"choices": [{"index": 0, "delta": {"content": "Yes, you"}}], "usage": counted})
    await until_said(turn, "Yes, you")

    running.stop(turn.pk) if ends == "stopped" else call.cut()

    turn = await until_over(turn)
    assert turn.state != "complete"
    assert turn.usage == {"input_tokens": 12, "output_tokens": 2, "total_tokens": 14}
    assert turn.n_events == 3  # the words, the tokens, the end


async def test_a_stop_before_the_first_word(conversation, speaker):
    turn, call = await begin(conversation, speaker)

    running.stop(turn.pk)
    running.stop(turn.pk)

    assert (await until_over(turn)).state == "stopped"
    await asyncio.wait_for(call.gone, 5)


async def test_a_stop_that_another_process_wrote_is_seen_with_the_heartbeat(conversation, speaker):
    turn, call = await begin(conversation, speaker)
    await call.say("Yes")
    await until_said(turn, "Yes")

    await Turn.objects.filter(pk=turn.pk).aupdate(stop_asked_at=timezone.now())

    turn = await until_over(turn)
    assert (turn.state, turn.text) == ("stopped", "Yes")


async def test_a_turn_that_was_deleted_is_given_up(conversation, speaker):
    turn, call = await begin(conversation, speaker)
    other, other_call = await begin(await another(conversation), speaker)
    await call.say("Yes")
    await other_call.say("No")
    await until_said(turn, "Yes")
    await until_said(other, "No")

    run = running.runs[turn.pk]
    await sync_to_async(lambda: (Conversation.objects.update(leaf=None), Turn.objects.get(pk=turn.pk).delete()))()

    await asyncio.wait_for(run.task, 5)
    await asyncio.wait_for(call.gone, 5)
    await until_chunks(other, 1)  # its neighbour was written all the same
    await other_call.end()
    assert (await until_over(other)).text == "No"


async def another(conversation) -> Conversation:
    return await Conversation.objects.acreate(endpoint=conversation.endpoint, user=conversation.user)


async def test_a_connection_that_breaks_keeps_what_came(conversation, speaker):
    turn, call = await begin(conversation, speaker)
    await call.say("Yes, you")
    await until_said(turn, "Yes, you")

    call.cut()

    turn = await until_over(turn)
    assert (turn.state, turn.text) == ("cut_off", "Yes, you")


async def test_an_endpoint_that_is_not_there_has_failed(conversation, speaker, endpoint):
    endpoint.url = "http://127.0.0.1:9/v1"
    await endpoint.asave()
    turn = await ask(conversation)

    await running.start(turn.pk)

    turn = await until_over(turn)
    assert (turn.state, turn.failure["fault"]) == ("failed", "unreachable")


async def test_an_address_that_is_not_called_has_failed(conversation, speaker, settings):
    settings.ENDPOINT_PRIVATE_ADDRESSES = []
    turn = await ask(conversation)

    await running.start(turn.pk)

    turn = await until_over(turn)
    assert (turn.state, turn.failure["fault"]) == ("failed", "not_allowed")
    assert speaker.n_calls == 0


async def test_a_secret_that_cannot_be_opened_has_failed(conversation, speaker, endpoint):
    endpoint.sealed_secret = "gAAAA-sealed-with-another-key"
    await endpoint.asave()
    turn = await ask(conversation)

    await running.start(turn.pk)

    turn = await until_over(turn)
    assert (turn.state, turn.failure["fault"]) == ("failed", "secret_lost")
    assert speaker.n_calls == 0


async def test_when_the_server_goes_what_came_is_kept_as_interrupted(conversation, speaker):
    turn, call = await begin(conversation, speaker)
    await call.say("Yes, ", "you")
    await until_said(turn, "Yes, you")

    await running.close()

    turn = await Turn.objects.aget(pk=turn.pk)
    assert (turn.state, turn.text) == ("interrupted", "Yes, you")
    assert not running.runs


async def test_after_a_crash_it_is_interrupted_with_the_text_of_its_chunks(conversation, speaker):
    turn, call = await begin(conversation, speaker)
    await call.say("Yes, ", "you")
    await until_chunks(turn, 2)
    run = running.runs.pop(turn.pk)  # as if this process had never run it
    await Turn.objects.filter(pk=turn.pk).aupdate(heartbeat_at=timezone.now() - timedelta(minutes=1))

    settled = await in_thread(turns.settle_lost, Turn.objects.filter(pk=turn.pk))

    assert [(lost.state, lost.text) for lost in settled] == [("interrupted", "Yes, you")]
    running.runs[turn.pk] = run


async def test_a_runner_that_was_taken_for_lost_knows_better(conversation, speaker):
    turn, call = await begin(conversation, speaker)
    await call.say("Yes, ")
    await until_said(turn, "Yes, ")
    await Turn.objects.filter(pk=turn.pk).aupdate(state="interrupted", text="Y")

    await call.say("you are.")
    await call.end()

    turn = await until_over(turn)
    assert (turn.state, turn.text) == ("complete", "Yes, you are.")


async def test_no_token_is_written_alone(conversation, speaker):
    """400 tokens in 2 s and more: a write each 250 ms, a heartbeat each second, and what begins and ends a turn."""
    turn, call = await begin(conversation, speaker)
    started = time.monotonic()
    written = []
    really_write = keeping.write

    def write(pieces):
        written.append([len(piece.events) for piece in pieces])
        really_write(pieces)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "write", write)
        for _ in range(400):
            await call.say("word ")
            await asyncio.sleep(0.005)
        await call.end()
        turn = await until_over(turn)

    assert turn.text == "word " * 400
    assert len(written) <= (time.monotonic() - started) / 0.25 + 4


async def test_turns_that_run_together_are_written_together(conversation, speaker):
    begun = [await begin(await another(conversation), speaker) for _ in range(4)]
    for _turn, call in begun:
        await call.say("Yes", " and")
    for turn, _call in begun:
        await until_chunks(turn, 2)

    for _turn, call in begun:
        await call.end()

    for turn, _call in begun:
        assert (await until_over(turn)).text == "Yes and"


async def test_many_at_once_get_each_their_own_answer(conversation, speaker):
    async def talk() -> tuple[str, str]:
        turn, call = await begin(await another(conversation), speaker, message="word ")
        said = call.messages[-1]["content"] * 50
        for _ in range(50):
            await call.say("word ")
            await asyncio.sleep(0)
        await call.end()
        return (await until_over(turn)).text, said

    answers = await asyncio.gather(*(talk() for _ in range(30)))

    assert all(text == said for text, said in answers)
    assert not running.runs
    assert len(running.helpers) <= 1  # who writes, until it looks again


async def test_a_view_starts_a_turn_on_the_servers_loop(conversation, speaker):
    turn = await ask(conversation)

    await in_thread(running.start_soon, turn.pk)

    call = await speaker.asked()
    await call.end()
    assert running.runs[turn.pk].task.get_loop() is asyncio.get_running_loop()


def test_a_command_has_no_loop_that_lives_on_so_nothing_is_started(conversation):
    turn = turns.ask(conversation, turn_id=uuid4(), message="Hi", parent=None)

    running.start_soon(turn.pk)

    assert not TurnChunk.objects.exists()
    turn.refresh_from_db()
    assert turn.is_running


async def test_a_layer_that_is_down_keeps_nobody_from_an_answer(conversation, speaker, settings, caplog):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},  # nobody listens there
        }
    }
    with caplog.at_level(logging.WARNING):
        turn, call = await begin(conversation, speaker)
        await call.end()
        await until_over(turn)

    assert nudging.MADE in caplog.text


async def test_halves_of_a_character_are_joined(conversation, speaker):
    turn, call = await begin(conversation, speaker)

    await call.write(b'data: {"choices":[{"index":0,"delta":{"content":"a\\ud83d"}}]}\n\n')
    await call.write(b'data: {"choices":[{"index":0,"delta":{"content":"\\ude00b\\u0000"}}]}\n\n')
    await call.end()

    assert (await until_over(turn)).text == "a😀b"


def test_what_no_database_can_hold_is_kept_as_far_as_it_goes():
    deep: list = []
    for _ in range(100):
        deep = [deep]

    assert cleaned(ToolCall("c1", "search", deep)) == ToolCall("c1", "search")
    assert cleaned(ToolResult("c1", deep)) == ToolResult("c1")
    assert cleaned(ToolResult("c1", [float("nan")])) == ToolResult("c1", ["NaN"])
