"""Answers as assessments: written, compared, taken back, and made drafts again.

An Answer row stands for what holds now; the assessments keep all that was ever said.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from labeling.inputs import input_of
from labeling.models import Answer, LabelSchema, LabelSchemaVersion, Review
from labeling.statements.finishing import inserting
from reviewapp.lib.columns import Rows, Statement, run
from traces.announcing import announce_assessed
from traces.models import Assessment, Json


class AskedQuestion(Protocol):
    """A question in its place: in a session, or wherever else it is asked. See SessionQuestion."""

    @property
    def schema(self) -> LabelSchema: ...

    @property
    def schema_id(self) -> str: ...

    @property
    def position(self) -> int: ...

    @property
    def is_required(self) -> bool: ...

    @property
    def show_if(self) -> dict[str, Any]: ...


class SaidAnswer(Protocol):
    """What holds of what one person said to a version of a question. See Answer."""

    @property
    def version(self) -> LabelSchemaVersion: ...

    @property
    def assessment(self) -> Assessment: ...


@dataclass(frozen=True)
class GivenAnswer:
    """One checked answer. `evidence` is a list of {span_id, field, start, end, quote}."""

    question: AskedQuestion
    version: LabelSchemaVersion
    value: Json
    rationale: str = ""
    evidence: list[dict[str, Any]] = field(default_factory=list)


def write(
    review: Review,
    said: Iterable[tuple[GivenAnswer, Assessment | None]],
    now: datetime,
    *,
    before: Sequence[Statement] = (),
    after: Sequence[Statement] = (),
) -> list[Rows]:
    """Write each answer, and which assessment it overrides.

    Statements `before` and `after` go along; their rows come back.
    """
    assessments, answers = [], []
    for given, old in said:
        schema = given.question.schema
        assessment = Assessment(
            trace_id=review.item.trace_id,
            kind=schema.type,
            name=schema.assessment_name,
            value=given.value,
            rationale=given.rationale,
            source_type=Assessment.SourceType.HUMAN,
            source_id=review.user.email,
            metadata=metadata_of(review, given),
            overrides=old,
            created_at=now,
            updated_at=now,
        )
        assessments.append(assessment)
        answers.append(Answer(review=review, version=given.version, assessment=assessment))
    results = run(*before, *inserting(assessments, answers), *after)
    announce_assessed([assessment.pk for assessment in assessments])
    return [*results[: len(before)], *results[len(results) - len(after) :]]


def metadata_of(review: Review, given: GivenAnswer) -> dict[str, str]:
    """Say where an answer comes from, in strings, as MLflow's assessments have them."""
    return {
        "reviewapp.session": str(review.session_id),
        "reviewapp.item": str(review.item_id),
        "reviewapp.review": str(review.pk),
        "reviewapp.question": given.version.schema_id,
        "reviewapp.question_version": str(given.version.number),
        "reviewapp.active_s": str(review.active_s),
        "reviewapp.evidence": json.dumps(given.evidence, ensure_ascii=False),
    }


def differs(given: GivenAnswer, old: Answer) -> bool:
    before = old.assessment
    return (
        given.version.pk != old.version_id
        or given.value != before.value
        or given.rationale != before.rationale
        or given.evidence != evidence_of(before)
    )


def evidence_of(assessment: Assessment) -> list[dict[str, Any]]:
    """Return the quotes kept with an assessment, as in GivenAnswer."""
    return list(json.loads(assessment.metadata.get("reviewapp.evidence") or "[]"))


def take_back(answers: Collection[Answer], now: datetime) -> None:
    """Mark what was said as not valid any more. An answer's row stands for what holds, so it goes."""
    if answers:
        said = [answer.assessment_id for answer in answers]
        Assessment.objects.filter(pk__in=said).update(valid=False, updated_at=now)
        Answer.objects.filter(pk__in=[answer.pk for answer in answers]).delete()
        announce_assessed(said)


def draft_of(answers: Iterable[SaidAnswer]) -> dict[str, Any]:
    """Return given answers in the form of a draft, so that they can be looked at and changed.

    Shape: {<schema id>: {value: as a form sends it, comment, evidence, version: its number}}.
    """
    return {
        answer.version.schema_id: {
            "value": input_of(answer.version.input).raw(answer.assessment.value),
            "comment": answer.assessment.rationale,
            "evidence": evidence_of(answer.assessment),
            "version": answer.version.number,
        }
        for answer in answers
    }
