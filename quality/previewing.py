"""What a dataset would get, as the page shows it before: how much, where people differ, and some of the records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from quality.gathering import Candidate, Gathered
from quality.making import field_of
from quality.models import EvaluationDataset
from quality.showing import listed, question_of
from quality.weighing import Expected, Option
from traces.models import Json
from traces.reading.wording import label

MOST_SHOWN = 100  # differences to choose from; more go by the rule
SAMPLE = 10  # records


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values, who says it, and why it holds if nobody chooses."""

    key: str
    value: Json
    who: str
    why: str
    is_checked: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Dispute:
    field: str
    title: str  # of the expectation
    question: str
    trace_id: str
    choices: list[Choice]


class Preview:
    def __init__(self, gathered: Gathered, into: EvaluationDataset | None) -> None:
        self.gathered = gathered
        self.into = into

    @property
    def n(self) -> int:
        return len(self.gathered.candidates)

    @property
    def n_disputes(self) -> int:
        return len(self.gathered.disputes)

    @property
    def n_unshown(self) -> int:
        return max(0, self.n_disputes - MOST_SHOWN)

    @cached_property
    def names(self) -> dict[str, str]:
        """Queries: 1."""
        options = (option for _candidate, expected in self.shown for option in expected.options)
        emails = {author for option in options for author in option.authors}
        return {user.email: str(user) for user in User.objects.filter(email__in=emails)}

    @property
    def shown(self) -> list[tuple[Candidate, Expected]]:
        return self.gathered.disputes[:MOST_SHOWN]

    @property
    def disputes(self) -> Iterator[Dispute]:
        for candidate, expected in self.shown:
            yield Dispute(
                field_of(candidate.digest, expected.name),
                label(expected.name),
                question_of(candidate.inputs, limit=200),
                candidate.traces[0].pk,
                [self.choice(option, expected) for option in expected.options],
            )

    def choice(self, option: Option, expected: Expected) -> Choice:
        who = listed([self.names.get(author, author) for author in option.authors])
        is_first = option is expected.options[0]
        return Choice(
            option.key, option.value, who, why_of(option, expected) if is_first else "", option is expected.holds,
            option.is_current,
        )  # fmt: skip

    @property
    def sample(self) -> list[tuple[str, list[tuple[str, Json]]]]:
        return [
            (question_of(each.inputs), [(label(one.name), one.holds.value) for one in each.expected])
            for each in self.gathered.candidates[:SAMPLE]
        ]

    @property
    def facts(self) -> Iterator[str]:
        """What the numbers leave open, in sentences."""
        found = self.gathered
        if n := found.n_merged:
            yield ngettext(
                "%(n)d trace was asked the same as another: they are one record.",
                "%(n)d traces were asked the same as others: they are one record each.", n,
            ) % {"n": n}  # fmt: skip
        if n := found.n_silent:
            yield ngettext(
                "%(n)d trace stays out: nobody wrote what is expected of it.",
                "%(n)d traces stay out: nobody wrote what is expected of them.", n,
            ) % {"n": n}  # fmt: skip
        if n := found.n_unread:
            yield ngettext(
                "%(n)d trace stays out: it does not tell its inputs.",
                "%(n)d traces stay out: they do not tell their inputs.", n,
            ) % {"n": n}  # fmt: skip


def why_of(option: Option, expected: Expected) -> str:
    match expected.how:
        case "ranked":
            return _("who is heard first")
        case "most":
            return _("what most say")
        case "latest":
            return _("what was said last")
        case "decided":
            return _("decided before")
    return _("new")
