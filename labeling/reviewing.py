"""What the review page needs to draw an item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from labeling import claiming
from labeling.answers import AskedQuestion, draft_of
from labeling.models import LabelingSession, Review, SessionQuestion
from labeling.questionnaire import QuestionField, Questionnaire
from labeling.statements.looking_up import questions_asked_in
from traces.models import Assessment
from traces.reading import conversation_of


def questions_of(session: LabelingSession) -> list[SessionQuestion]:
    """Return the questions in order, with their current words; to be read only. Queries: 1."""
    return questions_asked_in(session.pk)


def context_of(
    review: Review,
    questionnaire: Questionnaire | None = None,
    *,
    questions: Sequence[AskedQuestion] | None = None,
) -> dict[str, Any]:
    """Return what `_review_item.html` draws; without a questionnaire, from the draft or the given answers.

    `questions` are those of the review's session, if they are at hand.
    """
    if questionnaire is None:
        draft = review.draft
        if review.status == Review.Status.COMPLETE:
            draft = draft_of(
                list(review.answers.select_related("version", "assessment").filter(assessment__valid=True))
            )
        questionnaire = Questionnaire(questions or questions_of(review.session), draft=draft)
    return {
        "can_answer": review.session.is_open and review.status != Review.Status.DECLINED,
        "conversation": conversation_of(review.item.trace),
        "others": others_on(review, questionnaire),
        "questionnaire": questionnaire,
        "review": review,
        "session": review.session,
    }


@dataclass(frozen=True)
class Said:
    """What somebody else, or a judge, said to one question; `answer` is in words."""

    who: str
    is_judge: bool
    title: str
    answer: str
    rationale: str


def others_on(review: Review, questionnaire: Questionnaire) -> list[Said]:
    """Return what others said on this item: only after one's own answers are in, and never in a blind session.

    In the order of the questions.
    """
    if review.status != Review.Status.COMPLETE or review.session.is_blind:
        return []
    fields = {field.schema.assessment_name: field for field in questionnaire.fields}
    in_session = Q(answer__review__session=review.session) & ~Q(answer__review=review)
    said = (
        Assessment.objects.filter(Q(source_type=Assessment.SourceType.LLM_JUDGE) | in_session)
        .filter(trace=review.item.trace_id, span_id="", name__in=fields, valid=True, error__isnull=True)
        .select_related("answer__review__user")
    )
    given = sorted((each for each in said if each.value is not None), key=lambda each: list(fields).index(each.name))
    return [said_by(each, fields[each.name]) for each in given]


def said_by(assessment: Assessment, field: QuestionField) -> Said:
    answer = getattr(assessment, "answer", None)
    return Said(
        who=str(answer.review.user) if answer else assessment.source_id,
        is_judge=answer is None,
        title=field.version.title,
        answer=field.input.says(assessment.value),
        rationale=assessment.rationale,
    )


def nothing_context(session: LabelingSession, user: User) -> dict[str, Any]:
    return {"nothing": claiming.why_nothing(session, user), "review": None, "session": session}


def showing(reviews: QuerySet[Review], review_id: str) -> Review | None:
    """Return the review that a page says it shows."""
    try:
        return reviews.filter(pk=UUID(review_id)).first()
    except ValueError:
        return None
