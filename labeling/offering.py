"""The library's questions, to be answered beside a trace while somebody develops."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from labeling.answers import draft_of
from labeling.models import LabelSchema, LabelSchemaVersion
from labeling.questionnaire import QuestionField, Questionnaire, version_of
from traces.models import Assessment, Experiment
from traces.offering import QUESTION_KEY, Said, offers


@dataclass(frozen=True)
class LibraryQuestion:
    """A question by itself: it is what is asked, and needs an answer."""

    schema: LabelSchema
    position: int = 1
    is_required: bool = True
    show_if: dict[str, Any] = field(default_factory=dict)

    @property
    def schema_id(self) -> str:
        return self.schema.pk

    @property
    def key(self) -> str:
        return self.schema.pk

    @property
    def name(self) -> str:
        return self.schema.assessment_name

    @property
    def title(self) -> str:
        return version_of(self).title

    @property
    def kind(self) -> str:
        return self.schema.type

    def form(self, data: QueryDict | None = None, *, before: Assessment | None = None) -> LibraryForm:
        draft = draft_of([SaidBefore(version_of(self), before)]) if before else None
        return LibraryForm(Questionnaire([self], data=data, draft=draft))


@dataclass(frozen=True)
class SaidBefore:
    version: LabelSchemaVersion
    assessment: Assessment


@dataclass(frozen=True)
class LibraryForm:
    questionnaire: Questionnaire
    template = "labeling/_offered.html"

    @property
    def question(self) -> QuestionField:
        return self.questionnaire.fields[0]

    def is_valid(self) -> bool:
        return self.questionnaire.is_valid()

    def said(self) -> Said:
        (given,) = self.questionnaire.answers()
        metadata = {QUESTION_KEY: given.version.schema_id, "reviewapp.question_version": str(given.version.number)}
        if given.evidence:
            metadata["reviewapp.evidence"] = json.dumps(given.evidence, ensure_ascii=False)
        schema = given.question.schema
        return Said(schema.type, schema.assessment_name, given.value, given.rationale, metadata)


@offers
def library_questions(experiment: Experiment) -> list[LibraryQuestion]:
    """Return the questions of an experiment by name. Queries: 1."""
    schemas = LabelSchema.objects.select_related("current").filter(experiment=experiment, current__isnull=False)
    return [LibraryQuestion(schema) for schema in schemas.order_by("name")]
