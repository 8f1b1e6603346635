"""Each recording of the corpus, against what a reviewer should see in it."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from traces.ingest.storing import store_spans
from traces.models import Experiment, Trace
from traces.reading import conversation_of
from traces.reading.conversation import Conversation, Message
from traces.reading.wording import normal
from traces.tests.corpus_files import meta, scenarios, spans_of
from traces.tests.test_render_markdown import assert_harmless

# What a recording does not tell in its spans, and what is told in other words.
WORDS_IN_LOGS = {"otel-openaiv2-legacy", "pydanticai-v1-events", "pydanticai-v1-logs"}
ASKED_WITH_VALUES = {"oi-crewai-editorial"}
ANSWERED_IN_PARTS = {"mlflow-dspy-tax"}  # reasoning and answer, drawn apart
BROKEN_OFF = {"oi-openai-stream-abort"}
DOCUMENTS_IN_THE_PROMPT = {"otel-openaiv2-embed-both", "pydanticai-v5-session"}
DOCUMENTS_NOT_READ = {"openllmetry-langchain-rag"}  # told in OpenLLMetry's own words

NAMES = [name for name in scenarios() if "reviewer_should_see" in meta(name) and name not in WORDS_IN_LOGS]


@pytest.fixture
def read(db):
    """Return a function: store a scenario, and read its traces."""

    def make(name: str) -> list[Conversation]:
        store_spans(Experiment.objects.get(pk=0), spans_of(name))
        return [conversation_of(trace) for trace in Trace.objects.order_by("request_time")]

    return make


def said(conversations: list[Conversation], role: str) -> list[str]:
    return [normal(message.text) for message in messages(conversations) if message.role == role]


def messages(conversations: list[Conversation]) -> list[Message]:
    return [message for conversation in conversations for message in conversation]


@pytest.mark.parametrize("name", NAMES)
def test_the_conversation_is_what_a_reviewer_should_see(name, read):
    expected = meta(name)["reviewer_should_see"]
    conversations = read(name)

    if name not in ASKED_WITH_VALUES:
        for question in expected["questions"]:
            assert normal(question) in said(conversations, "user")
    if name not in ANSWERED_IN_PARTS | BROKEN_OFF:
        for answer in expected["answers"]:
            assert normal(answer) in said(conversations, "assistant")
    if name not in DOCUMENTS_IN_THE_PROMPT | DOCUMENTS_NOT_READ:
        sources = [normal(source.text) for message in messages(conversations) for source in message.sources]
        for document in expected["documents"]:
            assert any(normal(document["begins"])[:60] in source for source in sources), document["title"]
    names = {step.name for message in messages(conversations) for step in message.steps}
    assert {call["name"].replace("_", " ") for call in expected["tool_calls"]} <= names
    if expected["upstream_error"]:
        assert any(message.error for message in messages(conversations))
    assert not any(conversation.problems for conversation in conversations)


@pytest.mark.parametrize("name", [*NAMES, *sorted(WORDS_IN_LOGS)])
def test_the_page_is_harmless_never_raw_json_and_says_nothing_twice(name, read):
    for conversation in read(name):
        texts = [normal(message.text) for message in conversation if message.text]
        passages = [(source.doc_id, source.text) for message in conversation for source in message.sources]
        assert len(texts) == len(set(texts))
        assert len(passages) == len(set(passages))

        html = render_to_string("traces/_conversation.html", {"conversation": conversation})

        assert_harmless(html)
        assert "{&quot;" not in html.replace("tool_call", "")
        assert len(html) < 400_000


@pytest.mark.parametrize("name", sorted(WORDS_IN_LOGS))
def test_words_that_were_not_recorded_are_missed_aloud(name, read):
    (conversation,) = read(name)

    assert conversation.is_side
    assert conversation.words_missing
