"""From spans to a conversation: the rules, each on the smallest trace that shows it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from traces.ingest.incoming import IncomingSpan
from traces.ingest.storing import store_spans
from traces.models import Experiment, Span, Trace
from traces.reading import conversation_of
from traces.reading.conversation import Conversation
from traces.reading.drawing import draw_conversation

MS = 1_000_000  # nanoseconds
START_NS = int(datetime(2026, 3, 2, 9, 14, tzinfo=UTC).timestamp()) * 1000 * MS


class Recording:
    """A trace that is being recorded: each call adds a span that starts 10 ms after the one before."""

    def __init__(self) -> None:
        self.trace = Trace.objects.create(
            trace_id="tr-1", experiment=Experiment.objects.get(pk=0), state="OK", execution_duration_ms=4_100,
            request_time=datetime(2026, 3, 2, 9, 14, tzinfo=UTC),
        )  # fmt: skip
        self.count = 0

    def span(self, name: str, *, parent: str = "", error: str = "", **attributes: Any) -> str:
        self.count += 1
        start = START_NS + self.count * 10 * MS
        Span.objects.create(
            trace=self.trace, span_id=f"{self.count:016x}", parent_id=parent, name=name, start_time_ns=start,
            end_time_ns=start + 5 * MS, status="ERROR" if error else "OK", status_message=error,
            attributes={key.replace("__", "."): value for key, value in attributes.items()},
        )  # fmt: skip
        self.trace.revised_at = timezone.now()  # as whoever stores spans says
        return f"{self.count:016x}"

    def model(self, messages: list, answer: list, **facts: Any) -> str:
        return self.span(
            "chat", gen_ai__operation__name="chat", gen_ai__input__messages=json.dumps(messages),
            gen_ai__output__messages=json.dumps(answer), **facts,
        )  # fmt: skip

    def mlflow(self, kind: str, name: str, inputs: Any, outputs: Any, **facts: Any) -> str:
        return self.span(name, mlflow__spanType=kind, mlflow__spanInputs=inputs, mlflow__spanOutputs=outputs, **facts)

    def read(self):
        return conversation_of(self.trace)


@pytest.fixture
def recording(db) -> Recording:
    return Recording()


def user(text: str) -> dict:
    return {"role": "user", "parts": [{"type": "text", "content": text}]}


def assistant(*parts: dict | str) -> dict:
    made = [{"type": "text", "content": part} if isinstance(part, str) else part for part in parts]
    return {"role": "assistant", "parts": made}


def call(name: str, call_id: str, **arguments: Any) -> dict:
    return {"type": "tool_call", "id": call_id, "name": name, "arguments": arguments}


def result(call_id: str, value: Any) -> dict:
    return {"role": "tool", "parts": [{"type": "tool_call_response", "id": call_id, "response": value}]}


def test_history_is_earlier_and_the_last_exchange_is_judged(recording):
    recording.model([user("First?"), assistant("One."), user("Second?")], [assistant("Two.")])

    conversation = recording.read()

    assert [m.text for m in conversation.earlier] == ["First?", "One."]
    assert [m.text for m in conversation.exchange] == ["Second?", "Two."]
    assert conversation.question == "Second?"
    assert conversation.answer == "Two."


def test_an_agents_loop_is_one_exchange_with_its_tools_as_steps(recording):
    asked = [user("Balance?")]
    looked = [*asked, assistant("Let me look.", call("lookup_account", "c1", nickname="savings"))]
    recording.model(asked, looked[1:])
    recording.mlflow("TOOL", "lookup_account", {"nickname": "savings"}, {"balance": 5})
    recording.model([*looked, result("c1", {"balance": 5})], [assistant("It is 5.")])

    question, answer = recording.read().exchange

    assert question.text == "Balance?"
    assert answer.text == "It is 5."
    assert [(step.kind, step.name, step.result) for step in answer.steps] == [
        ("note", "Said on the way", "Let me look."),
        ("tool", "lookup account", {"balance": 5}),
    ]
    assert answer.steps[1].duration_s == 0.005


def test_a_tool_that_failed_is_a_failed_step_and_no_failed_answer(recording):
    recording.mlflow("TOOL", "fx_rate", {"base": "EUR"}, None, error="Timeout: no answer")
    recording.model([user("Rate?")], [assistant("About 7.85.")])

    answer = recording.read().exchange[-1]

    assert "no answer" in answer.steps[0].error
    assert answer.error == ""


def test_the_applications_own_question_stands_for_the_prompt_around_it(recording):
    root = recording.mlflow("CHAIN", "answer", {"question": "How long is the warranty?"}, "Two years.")
    recording.model(
        [user("Use these extracts:\n\n7.1 Two years.\n\nQuestion: How long is the warranty?")],
        [assistant("Two years.")],
        parent=root,
    )

    question, answer = recording.read().exchange

    assert question.text == "How long is the warranty?"
    assert (question.span_id, question.anchor_field) == (root, "inputs")
    assert "7.1 Two years." in answer.sources[0].text


def test_what_the_application_returned_is_the_answer(recording):
    root = recording.mlflow("CHAIN", "answer", {"question": "Covered?"}, {"answer": "Yes.\n\nNot legal advice."})
    recording.model([user("Covered?")], [assistant("Yes.")], parent=root)

    answer = recording.read().exchange[-1]

    assert answer.text == "Yes.\n\nNot legal advice."
    assert (answer.span_id, answer.anchor_field) == (root, "outputs")


def test_an_answer_that_is_data_is_an_outline(recording):
    recording.model([user("Extract the claim.")], [assistant('{"policy_no": "NHP-1", "is_open": true}')])

    conversation = recording.read()
    html = draw_conversation(conversation)

    assert '<dt dir="auto">Policy no</dt>' in html
    assert "policy_no" not in html
    assert conversation.answer == '{"policy_no": "NHP-1", "is_open": true}'


def test_an_answer_given_through_a_tool_is_an_answer(recording):
    recording.model([user("Sum?")], [assistant(call("final_answer", "c1", answer="It is 12."))])

    answer = recording.read().exchange[-1]

    assert answer.text == "It is 12."
    assert answer.steps == []


def test_reasoning_stands_apart(recording):
    recording.model([user("Enough time?")], [assistant({"type": "reasoning", "content": "5 < 8."}, "No.")])

    conversation = recording.read()

    assert conversation.answer == "No."
    assert [part.kind for part in conversation.exchange[-1].parts] == ["reasoning", "text"]


def test_instructions_are_told_once_and_are_no_message(recording):
    system = {"role": "system", "parts": [{"type": "text", "content": "Be kind."}]}
    recording.model([system, system, user("Hi")], [assistant("Hello.")])

    conversation = recording.read()

    assert conversation.system == "Be kind."
    assert [message.role for message in conversation] == ["user", "assistant"]


def test_a_failed_call_says_what_went_wrong(recording):
    recording.model([user("Hi")], [], error="RateLimitError: Error code: 429 - {'error': {'message': 'Too many.'}}")

    html = draw_conversation(recording.read())

    assert "there is no answer" in html
    assert "Too many." in html


def test_a_broken_stream_keeps_what_came_and_says_that_it_broke(recording):
    recording.model([user("Hi")], [assistant("The waiting ti")], error="peer closed connection")

    html = draw_conversation(recording.read())

    assert "The waiting ti" in html
    assert "The answer broke off here." in html


def test_an_empty_answer_is_said_to_be_empty(recording):
    recording.model([user("?")], [assistant("")])

    assert "No answer was given." in draw_conversation(recording.read())


def test_a_program_called_with_values_shows_them(recording):
    recording.mlflow("CHAIN", "price", {"town": "Grenfeld", "households": 4}, {"fee": 20})

    question, answer = recording.read().exchange

    assert question.parts[0].data == {"town": "Grenfeld", "households": 4}
    assert answer.parts[0].data == {"fee": 20}


@pytest.mark.parametrize("text", ["Is hail damage to the roof covered?", "订单还能修改收货地址吗?"])
def test_a_sentence_among_the_values_is_the_question_whatever_its_name(recording, text):
    recording.mlflow("CHAIN", "ask", {"str_or_bundle": text, "k": 3}, "Yes.")

    assert recording.read().question == text


@pytest.mark.parametrize("value", ["1180591620717411303424", "Grenfeld", "3f2b8c1e-0000-4000-8000-000000000000"])
def test_a_number_or_name_among_the_values_is_no_question(recording, value):
    recording.mlflow("CHAIN", "ask", {"key": value}, "Yes.")

    assert recording.read().question == ""


def test_embeddings_alone_are_no_conversation(recording):
    recording.mlflow("EMBEDDING", "embed", ["a text"], [[0.1, 0.2]])

    conversation = recording.read()

    assert conversation.is_side
    assert [step.name for step in conversation.exchange[-1].steps] == ["embed"]


@pytest.mark.parametrize("parent", ["ffffffffffffffff", "0000000000000001"])
def test_a_lost_or_circular_parent_is_no_problem(recording, parent):
    recording.model([user("Hi")], [assistant("Hello.")], parent=parent)

    assert recording.read().answer == "Hello."


def test_a_trace_without_spans_is_an_empty_conversation(recording):
    conversation = recording.read()

    assert conversation.is_side
    assert conversation.answer == ""


BROKEN = ["not json", "[1, 2", '{"role": []}', "[[[]]]", '[{"parts": 7}]', '[{"role": {}, "parts": [null, 3]}]', "null"]


@pytest.mark.parametrize("messages", BROKEN)
def test_a_span_that_makes_no_sense_takes_nothing_else_down(recording, messages):
    recording.model([user("Hi")], [assistant("Hello.")])
    recording.span(
        "odd", gen_ai__operation__name="chat", gen_ai__input__messages=messages, gen_ai__output__messages=messages
    )

    conversation = recording.read()

    assert "Hello." in draw_conversation(conversation)


def test_a_read_trace_is_kept(recording, django_assert_num_queries):
    recording.model([user("Hi")], [assistant("Hello.")])
    with django_assert_num_queries(1):
        recording.read()
    with django_assert_num_queries(0):
        again = recording.read()

    assert again.answer == "Hello."


def arriving(**changed: Any) -> IncomingSpan:
    attributes = {"mlflow.spanType": "CHAIN", "mlflow.spanInputs": "Hi", "mlflow.spanOutputs": "Hello."}
    span = IncomingSpan(
        trace_id="1" * 32, span_id="1" * 16, start_time_ns=START_NS, end_time_ns=START_NS + MS, attributes=attributes
    )
    return replace(span, **changed)


def read_anew() -> Conversation:
    return conversation_of(Trace.objects.get(trace_id="tr-" + "1" * 32))


def test_a_late_span_is_read_at_once(db):
    default = Experiment.objects.get(pk=0)
    store_spans(default, [arriving(span_id="2" * 16, parent_id="1" * 16, start_time_ns=START_NS + 1)])
    assert read_anew().question == "Hi"
    store_spans(default, [arriving(attributes={**arriving().attributes, "mlflow.spanInputs": "Hello?"})])

    assert read_anew().question == "Hello?"


def test_a_span_that_came_again_with_other_words_is_read_at_once(db):
    default = Experiment.objects.get(pk=0)
    store_spans(default, [arriving()])
    assert read_anew().answer == "Hello."
    store_spans(default, [arriving(attributes={**arriving().attributes, "mlflow.spanOutputs": "Good day."})])

    assert read_anew().answer == "Good day."


def test_a_trace_that_was_deleted_and_came_again_is_read_at_once(db):
    default = Experiment.objects.get(pk=0)
    store_spans(default, [arriving()])
    assert read_anew().answer == "Hello."
    Trace.objects.all().delete()
    store_spans(default, [arriving(attributes={**arriving().attributes, "mlflow.spanOutputs": "Good day."})])

    assert read_anew().answer == "Good day."


def test_texts_say_where_they_stand_for_quotes(recording):
    span_id = recording.model([user("Hi")], [assistant("Hello.")])

    html = draw_conversation(recording.read())

    assert f'data-anchor-span="{span_id}" data-anchor-field="inputs"' in html
    assert f'data-anchor-span="{span_id}" data-anchor-field="outputs"' in html


def test_what_is_kept_of_a_drawing_is_for_who_reads_the_same_language(recording):
    recording.mlflow("CHAIN", "ask", "Is it covered?", "Yes.")
    with override("en"):
        english = draw_conversation(recording.read())
    with override("de"):
        german = draw_conversation(recording.read())

    assert "März" not in english
    assert "März" in german
