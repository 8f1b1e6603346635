"""What the pages of a comparison show: each round with its two answers, where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from chat import turns
from chat.access import ROUND_PARTS, endpoints_for
from chat.comparing import Answer, answers_of, verdict_of
from chat.forms.comparison import VERDICTS, WhyForm
from chat.models import Comparison, Round, Turn
from chat.showing import answer_of, trace_id_shown
from chat.so_far import Drawn, drawn
from chat.wording import Words, words_for
from traces.reading.conversation import Message


@dataclass
class Side:
    """One answer as chat/_side.html draws it."""

    answer: Answer
    turn: Turn  # a running one, or a lost one, with what it said so far

    @property
    def side(self) -> str:
        return self.answer.side

    @property
    def name(self) -> str:
        return self.answer.name

    @property
    def is_winner(self) -> bool:
        return self.answer.is_winner

    @cached_property
    def message(self) -> Message | None:
        return None if self.turn.is_running else answer_of(self.turn)

    @cached_property
    def running(self) -> Drawn | None:
        return drawn(self.answer.turn) if self.turn.is_running else None

    @cached_property
    def words(self) -> Words | None:
        return None if self.turn.is_running else words_for(self.turn)

    @property
    def trace_id(self) -> str:
        return trace_id_shown(self.turn)

    @property
    def first_text_s(self) -> float | None:
        return None if self.turn.first_text_ms is None else self.turn.first_text_ms / 1000


@dataclass
class ShownRound:
    """A round as chat/_round.html draws it; `why` is a form that was filled in."""

    round: Round
    why: WhyForm | None = None

    @cached_property
    def answers(self) -> list[Answer]:
        return answers_of(self.round)

    @cached_property
    def sides(self) -> list[Side]:
        return [Side(answer, turns.as_seen(answer.turn)) for answer in self.answers]

    @property
    def is_judged(self) -> bool:
        return bool(self.round.choice)

    @property
    def is_running(self) -> bool:
        return any(side.turn.is_running for side in self.sides)

    @property
    def verdict(self) -> str:
        return verdict_of(self.round)

    @property
    def verdicts(self) -> list[tuple[str, Any]]:
        return VERDICTS

    @property
    def why_form(self) -> WhyForm:
        return self.why or WhyForm(round_=self.round)


def rounds_of(comparison: Comparison) -> list[ShownRound]:
    rounds = comparison.rounds.select_related(*ROUND_PARTS, "first_turn__trace", "second_turn__trace")
    return [ShownRound(each) for each in rounds.order_by("number")]


def may_ask(user: User, comparison: Comparison) -> bool:
    """Whether the person still may chat with both."""
    both = {comparison.first.endpoint_id, comparison.second.endpoint_id}
    return endpoints_for(user).filter(pk__in=both).count() == len(both)


def comparisons_of(user: User, *, archived: bool = False) -> QuerySet[Comparison]:
    """Return the person's comparisons, the last one first, with `n_judged` and `n_unjudged` rounds."""
    mine = Comparison.objects.filter(user=user, archived_at__isnull=not archived)
    mine = mine.select_related("first__endpoint", "second__endpoint")
    judged = ~Q(rounds__choice="")
    return mine.annotate(
        n_judged=Count("rounds", filter=judged), n_unjudged=Count("rounds", filter=Q(rounds__choice=""))
    ).order_by("-updated_at")


def names_of(comparison: Comparison) -> list[str]:
    """Return what the two are called, in an order that tells nothing."""
    return sorted(str(talk.endpoint) for talk in (comparison.first, comparison.second))
