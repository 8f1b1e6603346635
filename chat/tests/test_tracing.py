"""chat.tracing.record"""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from chat.models import Turn
from chat.tracing import record, trace_id_of, traceparent_of
from traces.models import Span, Trace
from traces.reading import conversation_of

pytestmark = pytest.mark.django_db

IMAGE = "data:image/png;base64,iVBORw0KGgo="
STEP = {
    "call_id": "c1",
    "name": "look_up_policy",
    "arguments": {"policy": "HO-3"},
    "output": {"status": "active"},
    "error": "",
    "started_ms": 200,
    "ended_ms": 500,
}
SOURCE = {"title": "3.9 Unoccupied homes", "text": "If the home …", "url": "https://example.org/3.9", "doc_id": "d1"}


def test_a_turn_reads_as_the_expert_saw_it(make_turn):
    make_turn("A pipe burst.", "Where?")
    turn = make_turn(
        "In the cellar.",
        "You **are** covered.",
        reasoning="Let me see.",
        steps=[STEP],
        sources=[SOURCE],
        usage={"input_tokens": 12, "output_tokens": 4, "total_tokens": 16},
        first_text_ms=340,
        model="claims-1",
        endpoint_version="v2.3",
    )
    trace = record(turn)

    told = conversation_of(trace)
    question, answer = told.exchange
    assert [message.text for message in told.earlier] == ["A pipe burst.", "Where?"]
    assert (question.text, answer.text) == ("In the cellar.", "You **are** covered.")
    assert [part.text for part in answer.parts if part.kind == "reasoning"] == ["Let me see."]
    assert [(step.name, step.result, step.duration_s) for step in answer.steps] == [
        ("look up policy", {"status": "active"}, 0.3)
    ]
    assert [(source.title, source.url) for source in answer.sources] == [(SOURCE["title"], SOURCE["url"])]
    assert answer.error == ""


def test_lists_and_searches_find_it(make_turn, alice):
    turn = make_turn(usage={"input_tokens": 12, "output_tokens": 4, "total_tokens": 16}, endpoint_version="v2.3")
    trace = record(turn)

    assert (trace.pk, trace.state, trace.name) == (f"tr-{turn.pk.hex}", "OK", "chat turn")
    assert (trace.request_preview, trace.response_preview) == ("Am I covered?", "Yes, you **are**.")
    assert (trace.session_id, trace.user_id) == (str(turn.conversation_id), alice.email)
    assert trace.experiment == turn.conversation.endpoint.experiment
    assert '"total_tokens": 16' in trace.metadata["mlflow.trace.tokenUsage"]
    assert trace.tags["reviewapp.endpoint_version"] == "v2.3"
    assert trace.tags["reviewapp.state"] == "complete"


@pytest.mark.parametrize("state", ["failed", "cut_off", "interrupted"])
def test_what_broke_is_an_error_in_words_with_what_came_before(make_turn, state):
    turn = make_turn(text="No, your", state=state, failure={"kind": "failed", "fault": "broken", "detail": "upstream"})
    trace = record(turn)

    answer = conversation_of(trace).exchange[-1]
    assert (trace.state, answer.text) == ("ERROR", "No, your")
    assert answer.error


@pytest.mark.parametrize("state", ["stopped", "unmarked"])
def test_what_the_person_stopped_is_no_error(make_turn, state):
    trace = record(make_turn(text="No, your", state=state))

    assert (trace.state, trace.tags["reviewapp.state"]) == ("OK", state)
    assert conversation_of(trace).exchange[-1].error == ""


def test_nothing_said_at_all_is_recorded_too(make_turn):
    trace = record(make_turn(text="", state="failed", failure={"kind": "failed", "fault": "unreachable"}))

    told = conversation_of(trace)
    assert (told.question, told.answer) == ("Am I covered?", "")
    assert told.exchange[-1].error


def test_a_refusal_is_the_answer(make_turn):
    turn = make_turn(text="", refusal="I can't help with that.")

    assert conversation_of(record(turn)).answer == "I can't help with that."


def test_images_are_kept_once(make_turn):
    first = make_turn("What is this?", "A pipe.", images=[IMAGE])
    second = make_turn("And now?")

    images = [part.url for part in conversation_of(record(first)).exchange[0].parts if part.kind == "image"]
    assert images == [IMAGE]
    record(second)
    assert IMAGE not in str(Span.objects.get(trace=second.trace_id).attributes)


def test_only_the_branch_that_led_to_it_is_its_history(make_turn):
    first = make_turn("One", "1")
    make_turn("Two", "2", parent=first)
    other = make_turn("Two, differently", "2b", parent=first)

    assert [message.text for message in conversation_of(record(other)).earlier] == ["One", "1"]


def test_recording_twice_is_one_trace(make_turn):
    turn = make_turn(steps=[STEP], sources=[SOURCE])
    record(turn)
    record(Turn.objects.get(pk=turn.pk))

    assert (Trace.objects.count(), Span.objects.count()) == (1, 3)


def test_a_step_that_failed_says_so(make_turn):
    turn = make_turn(steps=[{**STEP, "output": None, "error": "timed out"}])

    assert conversation_of(record(turn)).exchange[-1].steps[0].error == "timed out"


def test_the_root_has_the_span_id_that_was_sent(make_turn):
    turn = make_turn(trace_span_id="00f067aa0ba902b7")
    record(turn)

    assert traceparent_of(turn) == f"00-{turn.pk.hex}-00f067aa0ba902b7-01"
    assert Span.objects.get(parent_id="").span_id == "00f067aa0ba902b7"


def test_a_turn_whose_id_was_a_trace_before_gets_another_and_opens_nothing(make_turn, claims):
    id_ = uuid.uuid4()
    earlier = timezone.now() - timedelta(hours=1)
    Trace.objects.create(trace_id=f"tr-{id_.hex}", experiment=claims, request_time=earlier, created_at=earlier)
    turn = make_turn(id=id_)
    record(turn)

    assert turn.trace_id != trace_id_of(turn)
    assert not Span.objects.filter(trace=trace_id_of(turn)).exists()
    record(turn)
    assert Trace.objects.count() == 2


def test_arguments_nested_too_deeply_are_kept_as_text(make_turn):
    deep = "x"
    for _ in range(80):
        deep = [deep]
    trace = record(make_turn(steps=[{**STEP, "arguments": {"a": deep}}]))

    assert isinstance(trace.spans.get(name="look_up_policy").attributes["mlflow.spanInputs"], str)
