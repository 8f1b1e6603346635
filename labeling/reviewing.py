"""What the review page needs to draw an item."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from labeling import claiming
from labeling.models import LabelingSession, Review, SessionQuestion
from labeling.questionnaire import Questionnaire, draft_of
from traces.reading import conversation_of


def questions_of(session: LabelingSession) -> list[SessionQuestion]:
    return list(session.questions.select_related("schema__current"))


def context_of(review: Review, questionnaire: Questionnaire | None = None) -> dict[str, Any]:
    """Return what `_review_item.html` draws; without a questionnaire, from the draft or the given answers."""
    if questionnaire is None:
        draft = review.draft
        if review.status == Review.Status.COMPLETE:
            draft = draft_of(
                list(review.answers.select_related("version", "assessment").filter(assessment__valid=True))
            )
        questionnaire = Questionnaire(questions_of(review.session), draft=draft)
    return {
        "conversation": conversation_of(review.item.trace),
        "questionnaire": questionnaire,
        "review": review,
        "session": review.session,
    }


def nothing_context(session: LabelingSession, user: User) -> dict[str, Any]:
    return {"nothing": claiming.why_nothing(session, user), "review": None, "session": session}


def showing(reviews: QuerySet[Review], review_id: str) -> Review | None:
    """Return the review that a page says it shows."""
    try:
        return reviews.filter(pk=UUID(review_id)).first()
    except ValueError:
        return None
