"""Finding passages by their words: Okapi BM25, k1 = 1.2, b = 0.75."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chat.demo.documents import Passage

K1, B = 1.2, 0.75
TITLE_COUNTS = 3  # a word in the heading counts as so many in the text
WORD = re.compile(r"[a-z0-9]+")
STOP = frozenset(
    WORD.findall("""
    also too well new a about all an and any are as at be been but by can could do does did for from get give had
    has have how i if in into is it its just know like make makes me mean means more my need no not of on one or our
    out please same should so some tell than that the their them then there these they this those to up us use used
    using want was we were what when where which who why will with would you your app review
    """)
)
SAME = {
    "install": "setup", "deploy": "production", "deployment": "production", "login": "signin", "signing": "signin",
    "db": "database", "postgres": "postgresql", "otel": "opentelemetry",
    "opentelemetri": "opentelemetry", "env": "environment", "delete": "remove", "forget": "lose", "user": "people",
    "person": "people", "rater": "expert", "reviewer": "expert", "safe": "trust", "secure": "trust",
    "security": "trust", "license": "licence",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """`coverage` is the share of the question, by how telling its words are, that the passage has."""

    passage: Passage
    score: float
    coverage: float


def words_of(text: str) -> list[str]:
    """Return the telling words of a text, cut to their stems."""
    stems = (
        stem(word) for word in WORD.findall(text.lower().replace("sign in", "signin").replace("sign-in", "signin"))
    )
    return [SAME.get(word, word) for word in stems if word not in STOP]


def stem(word: str) -> str:
    if word in STOP or len(word) < 4:
        return word
    for ending, instead in (("ies", "i"), ("ments", "ment"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("e", "")):
        if word.endswith(ending) and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    return word[:-1] + "i" if word.endswith("y") else word


class Index:
    def __init__(self, passages: Iterable[Passage]) -> None:
        self.passages = list(passages)
        self.counts = [Counter(words_of(p.text) + words_of(p.title) * TITLE_COUNTS) for p in self.passages]
        self.titles = [set(words_of(p.title)) for p in self.passages]
        self.lengths = [sum(count.values()) for count in self.counts]
        self.mean = sum(self.lengths) / max(1, len(self.lengths))
        self.spread = Counter(word for count in self.counts for word in count)  # passages with the word

    def idf(self, word: str) -> float:
        n = self.spread[word]
        return math.log(1 + (len(self.passages) - n + 0.5) / (n + 0.5))

    def find(self, query: Mapping[str, float], most: int) -> list[Found]:
        """Return the best passages for weighted words, best first."""
        all_of_it = sum(weight * self.idf(word) for word, weight in query.items()) or 1.0
        found = [self.judged(number, query, all_of_it) for number in range(len(self.passages))]
        return sorted((each for each in found if each.score > 0), key=lambda each: -each.score)[:most]

    def judged(self, number: int, query: Mapping[str, float], all_of_it: float) -> Found:
        count, length = self.counts[number], self.lengths[number]
        slack = K1 * (1 - B + B * length / self.mean)
        there = {word: weight * self.idf(word) for word, weight in query.items() if count[word]}
        score = sum(worth * count[word] * (K1 + 1) / (count[word] + slack) for word, worth in there.items())
        score *= 1 + self.likeness(self.titles[number], there, all_of_it)
        return Found(self.passages[number], round(score, 2), sum(there.values()) / all_of_it)

    def likeness(self, title: set[str], there: Mapping[str, float], all_of_it: float) -> float:
        """Return how much of the heading is asked for, times how much of the question it has: 1 for the same."""
        whole = sum(self.idf(word) for word in title)
        asked = sum(self.idf(word) for word in title if word in there)
        return asked / whole * sum(there[word] for word in title if word in there) / all_of_it if whole else 0.0
