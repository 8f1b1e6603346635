from __future__ import annotations

import pytest

from chat.models import Conversation, Endpoint, Turn
from chat.naming import names_itself


def answer_of(endpoint: Endpoint, text: str, model: str = "") -> Turn:
    return Turn(conversation=Conversation(endpoint=endpoint), text=text, model=model, endpoint_version=endpoint.version)


@pytest.fixture
def ours() -> Endpoint:
    return Endpoint(name="Claims assistant", version="v2.3", model="gpt-4o-mini")


@pytest.fixture
def theirs() -> Endpoint:
    return Endpoint(name="Policy helper", version="7", model="claude-sonnet-4")


@pytest.mark.parametrize(
    "text",
    [
        "I am the Claims Assistant.",
        "This is v2.3 speaking",
        "I run on GPT-4o-mini.",
        "As a GPT model I can't.",
        "chatbot (gpt)",
    ],
)
def test_an_answer_that_names_its_maker_is_noticed(ours, theirs, text):
    assert names_itself(answer_of(ours, text), answer_of(theirs, "Yes."))
    assert names_itself(answer_of(theirs, "Yes."), answer_of(ours, text))


@pytest.mark.parametrize(
    "text",
    [
        "Your claims are covered, says the assistant.",  # words of the name, but not the name
        "Section v2.31 and cv2.3x apply.",
        "Egypt has no gpts",
        "You have 7 days.",  # a bare number is no name, though it is the other's version
        "",
    ],
)
def test_words_of_every_day_are_no_names(ours, theirs, text):
    assert not names_itself(answer_of(ours, text), answer_of(theirs, text))


def test_what_both_go_by_tells_nobody_which_is_which(ours):
    other = Endpoint(name="Claims assistant", version="v2.4", model="gpt-4o-mini")

    assert not names_itself(answer_of(ours, "I, the Claims assistant, a GPT"), answer_of(other, "Yes."))
    assert names_itself(answer_of(ours, "Yes."), answer_of(other, "Claims assistant v2.4 here"))


def test_the_others_name_is_not_its_own(ours, theirs):
    assert not names_itself(answer_of(ours, "Ask the Policy helper."), answer_of(theirs, "Yes."))


def test_the_model_that_the_endpoint_names_counts(ours, theirs):
    assert names_itself(answer_of(ours, "I am o9-large", model="o9-large"), answer_of(theirs, "Yes."))


def test_reasoning_and_refusals_are_read_too(ours, theirs):
    turn = answer_of(ours, "")
    turn.refusal = "The Claims assistant may not say."

    assert names_itself(turn, answer_of(theirs, "Yes."))
