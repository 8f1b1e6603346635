"""Which of two endpoints wins side by side, and whether the side an answer stands on matters.

A version of an endpoint counts as an endpoint of its own. Rounds whose answers named their maker
are not counted, and said to be so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from accounts.models import User
from chat.comparing import FAULTS, REASONS, verdict_of
from chat.models import Round, Turn
from reviewapp.lib.intervals import wilson

ENOUGH = 20  # rounds with a winner: fewer say nothing about the sides


class Contender(NamedTuple):
    """An endpoint as it was when it answered."""

    name: str
    version: str
    endpoint_id: UUID

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()

    @property
    def key(self) -> str:
        """What names it in an address."""
        return f"{self.endpoint_id}:{self.version}"


def contender_of(turn: Turn) -> Contender:
    endpoint = turn.conversation.endpoint
    return Contender(endpoint.name, turn.endpoint_version or endpoint.version, endpoint.pk)


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n`, with the 95 % interval; all in percent, and for drawing in thousandths."""

    hits: int
    n: int

    @property
    def percent(self) -> int:
        return round(100 * self.hits / self.n) if self.n else 0

    @property
    def low(self) -> int:
        return round(100 * wilson(self.hits, self.n)[0])

    @property
    def high(self) -> int:
        return round(100 * wilson(self.hits, self.n)[1])

    @property
    def width(self) -> int:
        return round(1000 * self.hits / self.n) if self.n else 0

    @property
    def interval_start(self) -> int:
        return round(1000 * wilson(self.hits, self.n)[0])

    @property
    def interval_width(self) -> int:
        return round(1000 * wilson(self.hits, self.n)[1]) - self.interval_start

    @property
    def lean(self) -> int:
        """1 or -1 where the interval lies wholly above or below one half, else 0."""
        low, high = wilson(self.hits, self.n)
        return 1 if low > 0.5 else -1 if high < 0.5 else 0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contenders, in the order of their names, and what was said of them."""

    a: Contender
    b: Contender
    wins_a: int
    wins_b: int
    ties: int
    both_bad: int

    @property
    def n(self) -> int:
        return self.wins_a + self.wins_b + self.ties + self.both_bad

    @property
    def share_a(self) -> Share:
        """Of the rounds with a winner."""
        return Share(self.wins_a, self.wins_a + self.wins_b)

    @property
    def share_b(self) -> Share:
        return Share(self.wins_b, self.wins_a + self.wins_b)

    @property
    def leader(self) -> Contender | None:
        """Who wins more often than chance would let them."""
        return {1: self.a, 0: None, -1: self.b}[self.share_a.lean]

    @property
    def key(self) -> str:
        return f"{self.a.key}|{self.b.key}"


@dataclass(frozen=True, slots=True)
class Person:
    user: User
    n: int
    ties: int
    both_bad: int
    left: Share  # how often the left answer won, of the rounds with a winner


@dataclass(frozen=True, slots=True)
class ReasonCount:
    reason: str
    label: str
    n: int
    of: int

    @property
    def width(self) -> int:
        return round(1000 * self.n / self.of) if self.of else 0


@dataclass(frozen=True, slots=True)
class Results:
    pairs: list[Pair]
    left: Share
    people: list[Person]
    reasons: list[ReasonCount]
    n: int
    n_uncounted: int
    n_changed: int

    @property
    def has_enough_for_sides(self) -> bool:
        return self.left.n >= ENOUGH


def results_of(rounds: Iterable[Round]) -> Results:
    """Count judged rounds, which come with their turns, endpoints and people."""
    everything = list(rounds)
    counted = [each for each in everything if not each.names_showed]
    return Results(
        pairs=pairs_of(counted),
        left=left_share(counted),
        people=people_of(counted),
        reasons=reasons_of(counted),
        n=len(counted),
        n_uncounted=len(everything) - len(counted),
        n_changed=sum(each.changed_at is not None for each in counted),
    )


def pair_key(round_: Round) -> tuple[Contender, Contender]:
    a, b = sorted((contender_of(round_.first_turn), contender_of(round_.second_turn)))
    return a, b


def winner_of(round_: Round) -> Contender | None:
    match round_.choice:
        case Round.Choice.FIRST:
            return contender_of(round_.first_turn)
        case Round.Choice.SECOND:
            return contender_of(round_.second_turn)
    return None


def pairs_of(rounds: Iterable[Round]) -> list[Pair]:
    """Return the pairs, the one with most rounds first."""
    outcomes: defaultdict[tuple[Contender, Contender], Counter[Contender | str]] = defaultdict(Counter)
    for each in rounds:
        outcomes[pair_key(each)][winner_of(each) or each.choice] += 1
    pairs = [Pair(a, b, n[a], n[b], n[Round.Choice.TIE], n[Round.Choice.BOTH_BAD]) for (a, b), n in outcomes.items()]
    return sorted(pairs, key=lambda pair: (-pair.n, pair.a, pair.b))


def left_share(rounds: Iterable[Round]) -> Share:
    n = Counter(verdict_of(each) for each in rounds)
    return Share(n["left"], n["left"] + n["right"])


def people_of(rounds: Iterable[Round]) -> list[Person]:
    by_person: defaultdict[User, list[Round]] = defaultdict(list)
    for each in rounds:
        by_person[each.comparison.user].append(each)
    people = []
    for user, theirs in by_person.items():
        n = Counter(each.choice for each in theirs)
        people.append(Person(user, len(theirs), n[Round.Choice.TIE], n[Round.Choice.BOTH_BAD], left_share(theirs)))
    return sorted(people, key=lambda person: (-person.n, str(person.user)))


def reasons_of(rounds: Iterable[Round]) -> list[ReasonCount]:
    """Return how often each reason was given, the most frequent first; those nobody gave are left out."""
    with_reasons = [each for each in rounds if each.reasons]
    n = Counter(reason for each in with_reasons for reason in each.reasons)
    words = REASONS | FAULTS
    return [ReasonCount(reason, str(words.get(reason, reason)), times, len(with_reasons))
            for reason, times in n.most_common()]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rounds: what a number on the page of results opens. Empty means any."""

    pair: str = ""
    outcome: str = ""  # a contender's key, or tie, both_bad
    side: str = ""  # left, right: where the better one stood; any: there was a better one
    person: str = ""
    reason: str = ""
    shown: str = ""  # uncounted, changed

    def fits(self, round_: Round) -> bool:
        if (self.shown == "uncounted") != round_.names_showed:
            return False
        winner, verdict = winner_of(round_), verdict_of(round_)
        tests = (
            not self.pair or "|".join(each.key for each in pair_key(round_)) == self.pair,
            not self.outcome or self.outcome == (winner.key if winner else round_.choice),
            not self.side or verdict == self.side or (self.side == "any" and winner is not None),
            not self.person or str(round_.comparison.user_id) == self.person,
            not self.reason or self.reason in round_.reasons,
            self.shown != "changed" or round_.changed_at is not None,
        )
        return all(tests)
