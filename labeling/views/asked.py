"""The questions of one list as its managers see and arrange them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from labeling.answers import AskedQuestion
from labeling.arranging import Asking
from labeling.builtin import built_in
from labeling.conditions import Trigger, in_words, triggers_for
from labeling.forms.question import QuestionForm
from labeling.inputs import input_of
from labeling.library import on_offer
from labeling.models import LabelSchema
from labeling.questionnaire import QuestionField, Questionnaire

LIBRARY_ROWS = 100


@dataclass
class Asked:
    """Drawn by templates/labeling/_asked.html; nothing is read before a template asks."""

    asking: Asking
    form: QuestionForm | None = None  # a question that is being written; its `schema` when revised
    opened: str = ""  # id of the question whose settings stand open
    pending: str = ""  # name of the question that one is to depend on, as long as no answer is ticked
    notice: str = ""  # what else a change did

    def __post_init__(self) -> None:
        if self.form is not None:
            self.form.auto_id = f"{self.asking.ids}{self.form.ids}-%s"

    @cached_property
    def questions(self) -> Sequence[AskedQuestion]:
        return self.asking.questions()

    @cached_property
    def fields(self) -> list[QuestionField]:
        """The questions as they are asked."""
        return Questionnaire(self.questions, id_prefix=self.asking.ids).fields

    @property
    def rows(self) -> list[QuestionRow]:
        return [
            QuestionRow(
                field=field,
                triggers=triggers_for(field.question, self.questions),
                condition=in_words(field.question.show_if, self.questions),
                is_opened=field.schema.pk == self.opened,
                pending=self.pending if field.schema.pk == self.opened else "",
            )
            for field in self.fields
        ]

    @cached_property
    def library(self) -> list[Offer]:
        offered = on_offer(self.asking.experiment, without=self.names)[:LIBRARY_ROWS]
        return [Offer(schema, input_of(schema.current.input).summary()) for schema in offered if schema.current]

    @property
    def ready_made(self) -> dict[str, dict[str, Any]]:
        return {name: words for name, words in built_in().items() if name not in self.names}

    @property
    def names(self) -> set[str]:
        return {question.schema.name for question in self.questions}


@dataclass(frozen=True)
class QuestionRow:
    field: QuestionField
    triggers: list[Trigger]  # what it can depend on
    condition: str  # in words
    is_opened: bool
    pending: str


@dataclass(frozen=True)
class Offer:
    schema: LabelSchema
    summary: str  # of its input
