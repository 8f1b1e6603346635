from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async

from chat import batch_running, batching, tracing
from chat.models import Batch, BatchQuestion, Turn
from chat.questions_file import Question, read
from chat.settling import settle_recorded
from chat.turns import TurnRefused
from labeling.models import LabelingSession
from traces.announcing import Arrival
from traces.models import Assessment


@pytest.fixture
def session(claims, mallory) -> LabelingSession:
    return LabelingSession.objects.create(experiment=claims, name="Unanswered", created_by=mallory)


@pytest.fixture
def make_batch(session, endpoint, mallory):
    """Return a function: a batch of these questions, nothing asked yet."""

    def make(*texts: str, **expectations: str) -> Batch:
        questions = [Question(n, [{"role": "user", "content": text}], expectations) for n, text in enumerate(texts, 1)]
        return batching.begin(session, endpoint, questions, by=mallory)

    return make


def ask_all(batch: Batch) -> list[Turn]:
    tried: set[int] = set()
    while asked := batching.ask_next(batch.pk, tried):
        tried.add(asked[0])
    return [question.turn for question in batch.questions.select_related("turn")]


def end(turn: Turn, state: str = "complete", text: str = "Yes.") -> Turn:
    turn.state, turn.text = state, text
    turn.save()
    tracing.record(turn)
    settle_recorded([Arrival(turn.trace_id)])
    return turn


def test_each_question_is_asked_in_a_conversation_of_its_own(make_batch, mallory):
    turns = ask_all(make_batch("Hail?", "Fire?"))

    assert [turn.message for turn in turns] == ["Hail?", "Fire?"]
    talks = [turn.conversation for turn in turns]
    assert talks[0] != talks[1]
    assert [(talk.user, talk.is_listed) for talk in talks] == [(mallory, False)] * 2


def test_custom_inputs_go_with_each_question(session, endpoint, mallory):
    endpoint.parameters = {"temperature": 0}
    endpoint.save()
    questions = [Question(1, [{"role": "user", "content": "Hail?"}])]
    [turn] = ask_all(batching.begin(session, endpoint, questions, by=mallory, custom_inputs={"tenant": "de"}))

    assert turn.conversation.target().parameters == {"temperature": 0, "custom_inputs": {"tenant": "de"}}
    assert endpoint.target().parameters == {"temperature": 0}


def test_what_was_said_before_comes_along(session, endpoint, mallory):
    text = (
        '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"},'
        ' {"role": "user", "content": "Hail?"}]}'
    )
    [turn] = ask_all(batching.begin(session, endpoint, read(text, "jsonl").questions, by=mallory))

    assert (turn.message, turn.parent.message, turn.parent.text) == ("Hail?", "Hi", "Hello")
    assert turn.parent.trace is None


def test_a_recorded_answer_becomes_an_item_at_once(make_batch, session):
    first, second = ask_all(make_batch("Hail?", "Fire?"))

    end(first)

    assert [item.trace_id for item in session.items.all()] == [first.trace_id]
    end(second)
    settle_recorded([Arrival(second.trace_id)])  # told twice
    assert session.items.count() == 2


@pytest.mark.parametrize("state", ["failed", "cut_off", "interrupted", "stopped"])
def test_what_failed_becomes_no_item(make_batch, session, state):
    [turn] = ask_all(make_batch("Hail?"))

    end(turn, state)

    assert session.items.count() == 0
    assert [question.turn for question in batching.failed_of(Batch.objects.get())] == [turn]


def test_what_was_expected_is_said_of_the_trace_once(make_batch, mallory):
    batch = make_batch("Hail?", expected_response="Yes, it is.")
    [turn] = ask_all(batch)

    end(turn)
    settle_recorded([Arrival(turn.trace_id)])

    [said] = Assessment.objects.all()
    assert (said.trace_id, said.kind, said.name, said.value) == (
        turn.trace_id, "expectation", "expected_response", "Yes, it is.",
    )  # fmt: skip
    assert (said.source_type, said.source_id) == ("HUMAN", mallory.email)
    assert said.metadata == {"reviewapp.batch": str(batch.pk), "reviewapp.position": "1"}


def test_progress_is_counted(make_batch):
    batch = make_batch("A", "B", "C", "D")
    for text, state in [("A", "complete"), ("B", "failed"), ("C", "running")]:
        turn = batching.ask_first(batch.questions.get(messages__0__content=text))
        Turn.objects.filter(pk=turn.pk).update(state=state)
        batch.questions.filter(messages__0__content=text).update(turn=turn)

    progress = batching.progress_of(batch)

    assert (progress.n, progress.n_answered, progress.n_failed) == (4, 1, 1)
    assert (progress.n_running, progress.n_waiting) == (1, 1)
    assert (progress.width_answered, progress.width_failed) == (250, 250)


def test_going_on_asks_what_waits_and_what_failed_once_more(make_batch):
    batch = make_batch("Answered", "Failed", "Waiting")
    first, _ = batching.ask_next(batch.pk, ())
    second, _ = batching.ask_next(batch.pk, {first})
    for question, state in ((first, "complete"), (second, "failed")):
        Turn.objects.filter(batch_question=question).update(state=state)
    old = BatchQuestion.objects.get(pk=second).turn

    ask_all(batch)

    turns = {question.messages[0]["content"]: question.turn for question in batch.questions.select_related("turn")}
    assert turns["Answered"].state == "complete"
    assert turns["Waiting"].state == "running"
    assert turns["Failed"].state == "running"
    assert turns["Failed"] != old
    assert turns["Failed"].conversation == old.conversation  # another version; nothing was overwritten


def test_what_is_on_its_way_is_not_asked_twice(make_batch):
    batch = make_batch("Hail?")
    [turn] = ask_all(batch)

    assert ask_all(batch) == [turn]
    with pytest.raises(TurnRefused):
        batching.retry(batch.questions.get())


def test_one_question_is_tried_again(make_batch):
    batch = make_batch("Hail?")
    [old] = ask_all(batch)
    end(old, "failed", "")

    new = batching.retry(batch.questions.get())

    assert batch.questions.get().turn == new != old


# With the runner


async def worker_of(batch: Batch) -> asyncio.Task[None]:
    await batch_running.start(batch.pk)
    return batch_running.workers[batch.pk].task


@pytest.mark.django_db(transaction=True)
async def test_a_batch_is_answered_a_few_at_a_time(make_batch, session, speaker):
    batch = await sync_to_async(make_batch)(*(f"Question {n}" for n in range(5)))
    working = await worker_of(batch)

    calls = [await speaker.asked() for _ in range(batch_running.AT_ONCE)]
    assert speaker.n_calls == batch_running.AT_ONCE
    for n in range(5):
        call = calls[n] if n < len(calls) else await speaker.asked()
        await call.say("Yes.")
        await call.end()
    await asyncio.wait_for(working, 10)

    assert batch_running.workers == {}
    assert await session.items.acount() == 5
    assert (await sync_to_async(batching.progress_of)(batch)).n_answered == 5


@pytest.mark.django_db(transaction=True)
async def test_started_twice_it_works_once(make_batch, speaker):
    batch = await sync_to_async(make_batch)("Hail?")
    working = await worker_of(batch)
    assert await worker_of(batch) is working

    call = await speaker.asked()
    await call.end()
    await asyncio.wait_for(working, 10)
    assert speaker.n_calls == 1


@pytest.mark.django_db(transaction=True)
async def test_held_it_ends_what_it_began_and_asks_no_more(make_batch, speaker):
    batch = await sync_to_async(make_batch)(*(f"Question {n}" for n in range(9)))
    working = await worker_of(batch)
    calls = [await speaker.asked() for _ in range(batch_running.AT_ONCE)]

    batch_running.hold(batch.pk)
    for call in calls:
        await call.say("Yes.")
        await call.end()
    await asyncio.wait_for(working, 10)

    progress = await sync_to_async(batching.progress_of)(batch)
    assert (progress.n_answered, progress.n_waiting) == (3, 6)


@pytest.mark.django_db(transaction=True)
async def test_where_nothing_works_it_stops_asking(make_batch, endpoint):
    """The address is not allowed, so every question fails."""
    batch = await sync_to_async(make_batch)(*(f"Question {n}" for n in range(40)))

    await asyncio.wait_for(await worker_of(batch), 10)

    progress = await sync_to_async(batching.progress_of)(batch)
    assert batch_running.IN_A_ROW <= progress.n_failed < batch_running.IN_A_ROW + batch_running.AT_ONCE
    assert progress.n_waiting == 40 - progress.n_failed


@pytest.mark.django_db(transaction=True)
async def test_an_endpoint_that_was_put_away_ends_the_work(make_batch, endpoint):
    batch = await sync_to_async(make_batch)("Hail?")
    endpoint.archived_at = batch.created_at
    await endpoint.asave()

    await asyncio.wait_for(await worker_of(batch), 10)

    assert (await sync_to_async(batching.progress_of)(batch)).n_waiting == 1
