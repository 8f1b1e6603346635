from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from chat.demo.documents import all_passages
from chat.demo.wording import OUTDATED
from chat.tests.demo_endpoint import DemoEndpoint, streamed
from traces.models import Experiment, Trace
from traces.reading import conversation_of

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
PORT_QUESTION = "What is the default of PORT?"


@pytest.fixture(scope="module")
def guide():
    endpoint = DemoEndpoint()
    yield endpoint
    endpoint.stop()


def test_it_streams_as_openai_does(guide):
    first, *middle, last, usage = guide.chunks("How do I make a backup?")

    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    text = "".join(chunk["choices"][0]["delta"]["content"] for chunk in middle)
    assert text == guide.ask("How do I make a backup?")
    assert "pg_dump" in text
    assert last["choices"][0]["finish_reason"] == "stop"
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == len(middle)


def test_it_quotes_where_it_has_it_from(guide):
    assert "Sources: README.md, *In production*" in guide.ask("How do I make a backup?")


def test_it_says_when_it_does_not_know(guide):
    assert guide.ask("What is the capital of France?").startswith("I don't find that in the Review App's documents")


def test_a_follow_up_is_about_the_question_before(guide):
    before = guide.ask("How do I send traces from my application?")

    answer = guide.ask("How do I send traces from my application?", before, "And from files?")

    assert "import_traces" in answer
    assert "import_traces" not in guide.ask("And from files?")


def test_it_looks_settings_up(guide):
    assert "**`PORT`**: the port of `make run`. Its default is **8000**." in guide.ask(PORT_QUESTION)
    assert "Did you mean `DATABASE_URL`" in guide.ask("What is DATABASE_URI for?")


def test_a_follow_up_about_a_setting_is_looked_up_again(guide):
    answer = guide.ask(PORT_QUESTION, guide.ask(PORT_QUESTION), "Can I change it?")

    assert answer.startswith("You choose what it is.")
    assert "export PORT=" in answer


def test_lines_are_not_broken_in_the_middle_of_a_sentence(guide):
    answer = guide.ask("Can somebody overwrite what another expert said?")

    assert answer.splitlines()[0].endswith("destroyed by an edit.")


def test_the_first_edition_is_terse_and_out_of_date(guide):
    question = "How do I send traces from my application?"
    first, second = guide.ask(question, model="guide-1"), guide.ask(question)

    assert len(first) < len(second)
    assert ("127.0.0.1:5000" in first, "127.0.0.1:8000" in second) == (True, True)


def test_what_it_unlearned_stands_in_the_documents():
    text = "\n".join(passage.text for passage in all_passages())

    assert [now for now in OUTDATED if now not in text] == []


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("What is a session?", "docs/questions.md, *What is a session?*"),
        ("How do I make a new user?", "docs/questions.md, *How do I make a new user?*"),
        ("How do I connect an endpoint?", "README.md, *Connecting an endpoint*"),
        ("Which license is it under?", "README.md, *Licence*"),
    ],
)
def test_what_newcomers_ask_is_found(guide, question, source):
    assert f"Sources: {source}" in guide.ask(question)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"no json", 400, "invalid_request"),
        (b'{"model": "guide-2", "messages": []}', 400, "invalid_request"),
        (b'{"model": "gpt-9", "messages": [{"role": "user", "content": "Hello"}]}', 404, "model_not_found"),
    ],
)
def test_it_refuses_in_openais_words(guide, body, status, code):
    response = guide.client.post("/v1/chat/completions", content=body)

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_it_lists_its_models_and_its_health(guide):
    assert [model["id"] for model in guide.client.get("/v1/models").json()["data"]] == ["guide-1", "guide-2"]
    assert guide.client.get("/health").json() == {"status": "ok"}
    assert guide.client.get("/").status_code == 404


def test_it_goes_when_its_starter_does():
    endpoint = DemoEndpoint()
    endpoint.stop()

    assert endpoint.process.returncode == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(endpoint.url).port))


@pytest.fixture
def told(live_server, settings):
    """Return a function: an endpoint whose spans come here, and the experiment that they are for."""
    settings.INGEST_WITHOUT_TOKEN = True
    experiment = Experiment.objects.create(name="Review App guide")
    endpoint = DemoEndpoint(f"{live_server.url}/v1/traces", headers=f"x-mlflow-experiment-id={experiment.pk}")
    yield endpoint, experiment
    endpoint.stop()


def test_its_spans_join_the_callers_trace_and_read_as_a_conversation(told):
    endpoint, experiment = told
    endpoint.ask(PORT_QUESTION, traceparent=f"00-{TRACE_ID}-{PARENT}-01")
    endpoint.stop()

    trace = Trace.objects.get(experiment=experiment)
    spans = {span.name: span for span in trace.spans.all()}
    assert trace.trace_id == f"tr-{TRACE_ID}"
    assert spans["invoke_agent Review App guide"].parent_id == PARENT
    assert {*spans} == {
        "invoke_agent Review App guide",
        "retrieval documents",
        "execute_tool look_up_setting",
        "chat guide-2",
    }
    talk = conversation_of(trace)
    question, answer = talk.exchange
    assert question.text == PORT_QUESTION
    assert "Its default is **8000**" in answer.text
    assert "Configuration" in [source.title for source in answer.sources]
    (step,) = answer.steps
    assert (step.name, step.arguments) == ("look up setting", {"name": "PORT"})
    assert step.result["default"] == "8000"


def test_a_caller_who_leaves_ends_the_answer(told):
    endpoint, _ = told
    slowly = DemoEndpoint(endpoint.traces_to, pace=30, headers=endpoint.headers)
    with slowly.client.stream("POST", "/v1/chat/completions", json=streamed(PORT_QUESTION)) as response:
        lines = (line for line in response.iter_lines() if "content" in line)
        heard = [next(lines) for _ in range(4)]
    slowly.stop()

    answer = conversation_of(Trace.objects.get()).answer
    assert len(heard) - 1 <= len(answer.split()) < 15
