"""Items with what everybody said on them, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Prefetch, QuerySet

from labeling.answers import evidence_of
from labeling.inputs import Input, input_of
from labeling.models import Answer, Item, LabelingSession, LabelSchemaVersion, Review


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: the version that was asked, and the value in words."""

    answer: Answer
    words: str
    is_text: bool

    @property
    def title(self) -> str:
        return self.answer.version.title

    @property
    def rationale(self) -> str:
        return self.answer.assessment.rationale

    @property
    def quotes(self) -> list[str]:
        """What the person quoted as evidence."""
        return [each["quote"] for each in evidence_of(self.answer.assessment) if each.get("quote")]


@dataclass(frozen=True, slots=True)
class Work:
    """One person's review of an item, with the answers in the session's order."""

    review: Review
    said: list[Said] = field(default_factory=list)

    @property
    def in_short(self) -> str:
        """The answers that are no texts, on one line."""
        return " · ".join(each.words for each in self.said if not each.is_text)


@dataclass(frozen=True, slots=True)
class Row:
    item: Item
    work: list[Work]

    @property
    def dispute(self) -> list[tuple[Work, Said]]:
        """What each person said to the first question that got different answers, texts aside."""
        by_question: dict[str, list[tuple[Work, Said]]] = {}
        for work in self.work:
            for said in work.said:
                if not said.is_text:
                    by_question.setdefault(said.answer.version.schema_id, []).append((work, said))
        disputes = (each for each in by_question.values() if len({said.words for _work, said in each}) > 1)
        return next(disputes, [])


def rows_of(session: LabelingSession, items: QuerySet[Item]) -> list[Row]:
    """Return `items` with everybody's work on them. Queries: 4, however many items; slice them before."""
    order = {schema: place for place, schema in enumerate(session.questions.values_list("schema_id", flat=True))}
    answers = Answer.objects.filter(assessment__valid=True).select_related("assessment", "version")
    reviews = Review.objects.select_related("user").prefetch_related(Prefetch("answers", answers))
    found = items.select_related("trace").defer("trace__metadata", "trace__tags")
    say = Sayer()
    return [
        Row(item, [Work(review, say.all(review.answers.all(), order)) for review in item.reviews.all()])
        for item in found.prefetch_related(Prefetch("reviews", reviews))
    ]


class Sayer:
    """Puts answers in words, reading each question version once."""

    def __init__(self) -> None:
        self.inputs: dict[int, Input] = {}

    def all(self, answers: Iterable[Answer], order: dict[str, int]) -> list[Said]:
        return [self.one(a) for a in sorted(answers, key=lambda a: order.get(a.version.schema_id, len(order)))]

    def one(self, answer: Answer) -> Said:
        given = self.input_of(answer.version)
        return Said(answer, given.says(answer.assessment.value), given.kind in {"text", "text_list"})

    def input_of(self, version: LabelSchemaVersion) -> Input:
        if version.pk not in self.inputs:
            self.inputs[version.pk] = input_of(version.input)
        return self.inputs[version.pk]
