"""The experts' queue: questions, sessions, items, and each expert's work on an item."""

from __future__ import annotations

from labeling.models.questions import LabelSchema, LabelSchemaVersion, QuestionSpec, SessionQuestion, new_schema_id
from labeling.models.reviewers import AwaitedReviewer, Reviewer
from labeling.models.reviews import Answer, Item, Review
from labeling.models.sessions import LabelingSession
from labeling.models.standing import StandingPick, StandingRule

__all__ = [
    "Answer",
    "AwaitedReviewer",
    "Item",
    "LabelSchema",
    "LabelSchemaVersion",
    "LabelingSession",
    "QuestionSpec",
    "Review",
    "Reviewer",
    "SessionQuestion",
    "StandingPick",
    "StandingRule",
    "new_schema_id",
]
