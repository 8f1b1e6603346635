from __future__ import annotations

import pytest

from chat.events import Failed, Fault, Reason, as_json
from chat.models import Turn
from chat.wording import words_for

ENDED_BADLY = [
    Turn.State.UNMARKED,
    Turn.State.STOPPED,
    Turn.State.CUT_OFF,
    Turn.State.INTERRUPTED,
]


def failed(fault: Fault, text: str = "", **more) -> Turn:
    return Turn(state=Turn.State.FAILED, text=text, failure=as_json(Failed(fault, **more)))


def test_nothing_is_said_of_a_good_answer_and_of_one_that_comes():
    assert words_for(Turn(state=Turn.State.COMPLETE, text="Yes.", finish_reason=Reason.STOP)) is None
    assert words_for(Turn(state=Turn.State.RUNNING)) is None


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_says_what_happened_what_was_kept_and_what_to_do(fault: Fault):
    with_text, without = words_for(failed(fault, "Half an")), words_for(failed(fault))
    assert "What had come is kept." in with_text.sentence
    assert "Your message is kept." in without.sentence
    assert len(without.sentence.split(". ")) >= 3


def test_faults_have_sentences_of_their_own():
    assert len({words_for(failed(fault)).sentence for fault in Fault}) == len(Fault)


@pytest.mark.parametrize("state", ENDED_BADLY)
def test_every_state_has_words_with_and_without_text(state: str):
    assert words_for(Turn(state=state, text="Half an")).may_retry
    assert words_for(Turn(state=state)).may_retry


@pytest.mark.parametrize("state", [each for each in ENDED_BADLY if each != Turn.State.UNMARKED])
def test_what_was_kept_is_only_said_where_it_is(state: str):
    assert "What had come is kept" in words_for(Turn(state=state, text="Half an")).sentence
    assert "What had come" not in words_for(Turn(state=state)).sentence


def test_an_end_without_a_mark_is_no_success():
    assert words_for(Turn(state=Turn.State.UNMARKED, text="Yes.")).sentence == (
        "The answer ended without saying that it was complete. It may be all of it. Judge it as it is, or try again."
    )


@pytest.mark.parametrize("reason", [Reason.LENGTH, Reason.CONTENT_FILTER, Reason.TOOL_CALLS])
def test_finish_reasons_that_surprise_are_said(reason: Reason):
    assert words_for(Turn(state=Turn.State.COMPLETE, text="Yes", finish_reason=reason)).sentence


def test_only_what_can_change_by_itself_may_be_retried():
    assert words_for(failed(Fault.BUSY)).may_retry
    assert words_for(failed(Fault.STALLED)).may_retry
    assert not words_for(failed(Fault.REFUSED_KEY)).may_retry
    assert not words_for(failed(Fault.WEB_PAGE)).may_retry


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "Wait a moment, then try again."),
        (0.2, "You can try again in 1 second."),
        (30, "You can try again in 30 seconds."),
        (170, "You can try again in 3 minutes."),
    ],
)
def test_the_wait_that_the_endpoint_asks_for_is_said(seconds, words):
    assert words_for(failed(Fault.BUSY, retry_after_s=seconds)).sentence.endswith(words)


def test_the_endpoints_own_words_stay_apart():
    words = words_for(failed(Fault.BROKEN, detail="engine died"))
    assert words.detail == "engine died"
    assert "engine" not in words.sentence


def test_a_failure_of_a_later_version_is_an_error():
    assert "reported an error" in words_for(Turn(state=Turn.State.FAILED, failure={"fault": "new"})).sentence
