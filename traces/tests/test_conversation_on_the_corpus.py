"""Each recording of the corpus, against what a reviewer should see in it."""

from __future__ import annotations

import json

import pytest

from traces.ingest.incoming import IncomingSpan
from traces.ingest.storing import store_spans
from traces.models import Experiment, Trace
from traces.reading import conversation_of
from traces.reading.conversation import Conversation, Message
from traces.reading.drawing import draw_conversation
from traces.reading.wording import normal
from traces.tests.corpus_files import meta, scenarios, spans_of, store_scenario
from traces.tests.test_dialects_on_the_corpus import expected_of
from traces.tests.test_render_markdown import assert_harmless

# The passages stand in the prompt alone, which the page shows as it was sent.
DOCUMENTS_IN_THE_PROMPT = {"otel-openaiv2-embed-both", "pydanticai-v5-session"}

NAMES = [name for name in scenarios() if "reviewer_should_see" in meta(name)]


@pytest.fixture
def read(db):
    """Return a function: store a scenario, and read its traces."""

    def make(name: str) -> list[Conversation]:
        store_scenario(name)
        return [conversation_of(trace) for trace in Trace.objects.order_by("request_time")]

    return make


def said(conversations: list[Conversation], role: str) -> list[str]:
    return [normal(message.text) for message in messages(conversations) if message.role == role]


def spoken(conversations: list[Conversation]) -> list[str]:
    return said(conversations, "assistant")


def asked(question: str, conversations: list[Conversation], *, wrapped: bool) -> bool:
    """Whether the question stands there as it was asked; a crew is asked in tasks that contain it."""
    words = said(conversations, "user")
    return any(normal(question) in each for each in words) if wrapped else normal(question) in words


def told_as(answer: str, words: str, *, broken_off: bool) -> bool:
    return bool(words) and normal(answer).startswith(words) if broken_off else normal(answer) == words


def sources(conversations: list[Conversation]) -> list[str]:
    return [normal(source.text) for message in messages(conversations) for source in message.sources]


def everything(conversations: list[Conversation]) -> list[str]:
    return [normal(text) for conversation in conversations for text in conversation.texts()]


def messages(conversations: list[Conversation]) -> list[Message]:
    return [message for conversation in conversations for message in conversation]


@pytest.mark.parametrize("name", NAMES)
def test_the_conversation_is_what_a_reviewer_should_see(name, read):
    expected = expected_of(name)
    conversations = read(name)

    for question in expected["questions"]:
        assert asked(question, conversations, wrapped=name == "oi-crewai-editorial")
    for answer in expected["answers"]:
        assert any(told_as(answer, words, broken_off=expected["partial_answer"]) for words in spoken(conversations))
    for document in expected["documents"]:
        begins = normal(document["begins"])[:60]
        if name in DOCUMENTS_IN_THE_PROMPT:
            assert any(begins in words for words in everything(conversations)), document["title"]
        else:
            assert any(begins in source for source in sources(conversations)), document["title"]
    names = {step.name for message in messages(conversations) for step in message.steps}
    assert {call["name"].replace("_", " ") for call in expected["tool_calls"]} <= names
    if expected["upstream_error"]:
        assert any(message.error for message in messages(conversations))
    assert not any(conversation.problems for conversation in conversations)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_harmless_never_raw_json_and_says_nothing_twice(name, read):
    for conversation in read(name):
        texts = [normal(message.text) for message in conversation if message.text]
        passages = [(source.doc_id, source.text) for message in conversation for source in message.sources]
        assert len(texts) == len(set(texts))
        assert len(passages) == len(set(passages))

        html = draw_conversation(conversation)

        assert_harmless(html)
        assert "{&quot;" not in html.replace("tool_call", "")
        assert len(html) < 400_000


@pytest.mark.parametrize("name", ["otel-openaiv2-legacy", "pydanticai-v1-logs"])
def test_words_whose_log_records_have_not_come_are_missed_aloud(name, db):
    spans = [span for span in spans_of(name) if "final_result" not in span.attributes]  # the agent's own summary
    store_spans(Experiment.objects.get(pk=0), spans)
    (conversation,) = [conversation_of(trace) for trace in Trace.objects.all()]

    assert conversation.is_side
    assert conversation.words_missing


@pytest.mark.parametrize(
    ("name", "is_without_words"),
    [
        ("oi-llamaindex-clinical", False),  # documents are indexed
        ("otel-openaiv2-embed-both", False),  # a question is embedded
        ("openllmetry-anthropic", True),  # the vendor's own span of a call that was recorded with its words beside it
    ],
)
def test_a_trace_without_question_and_answer_is_a_side_trace(name, is_without_words, read):
    sides = [conversation for conversation in read(name) if conversation.is_side]
    assert [conversation.words_missing for conversation in sides] == [is_without_words]
    assert len(sides) < Trace.objects.count()


def test_spans_that_nobody_knows_show_names_and_values_and_no_json(db):
    attributes = {"acme.ticket": "T-5", "acme.customer": json.dumps({"plan": "gold", "since": [2019, "May"]})}
    span = IncomingSpan("1" * 32, "a" * 16, 1_744_360_000_000_000_000, name="route ticket", attributes=attributes)
    store_spans(Experiment.objects.get(pk=0), [span])
    conversation = conversation_of(Trace.objects.get())
    html = draw_conversation(conversation)

    assert conversation.is_side
    assert "T-5" in html and "gold" in html and "2019, May" in html
    assert "{&quot;" not in html and "[2019" not in html
