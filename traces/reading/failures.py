"""What went wrong, in a sentence; the traceback for those who want it."""

from __future__ import annotations

import re
from dataclasses import dataclass

TRACEBACK = "Traceback (most recent call last)"
# "Error code: 429 - {'error': {'message': 'Rate limit reached …', …}}", as OpenAI's and Anthropic's clients say it
API_MESSAGE = re.compile(r"""["']message["']\s*:\s*(?:'([^']{1,1000})'|"([^"]{1,1000})")""")
CLASS_NAME = re.compile(
    r"^(?:[A-Za-z_]\w*\.)*([A-Z]\w*(?:Error|Exception|Timeout|Warning|Exit|Interrupt|Failure))\b:?\s*"
)
MAX_SENTENCE_CHARS = 400


@dataclass(frozen=True, slots=True)
class Failure:
    sentence: str
    details: str = ""


def failure_in_words(error: str) -> Failure:
    """Split an error into what a person can read and the rest, which holds everything."""
    error = error.strip()
    sentence = last_line_of_traceback(error) if TRACEBACK in error else error.split("\n", 1)[0]
    if match := API_MESSAGE.search(sentence[:5_000]):
        sentence = match[1] or match[2]
    sentence = CLASS_NAME.sub("", sentence).strip() or sentence
    if len(sentence) > MAX_SENTENCE_CHARS:
        sentence = sentence[: MAX_SENTENCE_CHARS - 1].rstrip() + "…"
    return Failure(sentence, "" if sentence == error else error)


def last_line_of_traceback(error: str) -> str:
    """The exception's own line: the last one of the last traceback that is not indented."""
    after = error.rsplit(TRACEBACK, 1)[1].split("\n")[1:]
    own = [line for line in after if line.strip() and not line.startswith((" ", "\t"))]
    return own[0] if own else error.split("\n", 1)[0]
