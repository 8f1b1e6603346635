from __future__ import annotations

import pytest

from traces.reading.failures import failure_in_words

TRACEBACK = """Traceback (most recent call last):
  File "/app/main.py", line 7, in answer
    return client.ask()
openai.RateLimitError: Error code: 429 - {'error': {'message': 'Too many requests.', 'type': 'limit'}}
During task with name 'model'"""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("TimeoutError: no answer after 30 s", "no answer after 30 s"),
        ("httpx.ReadTimeout: the server is slow", "the server is slow"),
        ('Error code: 400 - {"error": {"message": "It\'s too long."}}', "It's too long."),
        ("ValueError", "ValueError"),
        ("first line\nsecond line", "first line"),
        (TRACEBACK, "Too many requests."),
        ("Traceback (most recent call last):", "Traceback (most recent call last):"),
    ],
)
def test_an_error_is_one_sentence(error, sentence):
    assert failure_in_words(error).sentence == sentence


def test_nothing_of_an_error_is_lost():
    assert failure_in_words(TRACEBACK).details == TRACEBACK
    assert failure_in_words("It is closed.").details == ""


def test_a_long_sentence_is_cut_and_kept_in_the_details():
    failure = failure_in_words("x" * 5_000)

    assert len(failure.sentence) == 400
    assert failure.details == "x" * 5_000
