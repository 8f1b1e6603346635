"""Recording a review's answers, and counting it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from labeling.models import Answer, Review
from reviewapp.lib.columns import Columns, Statement
from traces.models import Assessment

NEW_ASSESSMENT = Columns(Assessment)
NEW_ANSWER = Columns(Answer, only=["review", "version", "assessment"])

FINISH = """
    UPDATE labeling_review
    SET status = 'complete', finished_at = %(now)s, lease_until = NULL, draft = '{}', draft_saved_at = NULL,
        active_s = %(active_s)s
    WHERE id = %(review)s AND status = 'in_progress' AND EXISTS (
        SELECT 1 FROM labeling_labelingsession s WHERE s.id = labeling_review.session_id AND s.state = 'open'
    )
    RETURNING id
"""


def finishing_held(review_id: UUID, now: datetime, active_s: int) -> Statement:
    """Return what finishes a review that is held, in an open session; there is no row when it is not so."""
    return Statement(FINISH, {"review": review_id, "now": now, "active_s": active_s}, has_rows=True)


COUNT_FOR_REVIEWER = """
    UPDATE labeling_reviewer
    SET n_complete = n_complete + 1, active_s = active_s + %(active_s)s, last_active_at = %(now)s,
        cursor = CASE WHEN cursor < %(position)s THEN %(position)s ELSE cursor END
    WHERE session_id = %(session)s AND user_id = %(user)s
"""
COUNT_FOR_ITEM = "UPDATE labeling_item SET n_complete = n_complete + 1 WHERE id = %(item)s"
COUNT_FOR_SESSION = """
    UPDATE labeling_labelingsession SET n_done = n_done + 1
    WHERE id = %(session)s AND EXISTS (SELECT 1 FROM labeling_item i WHERE i.id = %(item)s AND i.n_complete = i.needs)
"""


def inserting(assessments: Sequence[Assessment], answers: Sequence[Answer]) -> list[Statement]:
    """Return what inserts the answers of a review, and what they are as assessments."""
    if not answers:
        return []
    return [NEW_ASSESSMENT.insertion_of(assessments), NEW_ANSWER.insertion_of(answers)]


def counting(review: Review, now: datetime) -> list[Statement]:
    """Return what counts a review that is finished: for its reviewer, its item, and the session if the item is done."""
    session, item = review.session_id, review.item_id
    seconds_and_place = {"active_s": review.active_s, "position": review.item.position, "now": now}
    return [
        Statement(COUNT_FOR_REVIEWER, {"session": session, "user": review.user_id, **seconds_and_place}),
        Statement(COUNT_FOR_ITEM, {"item": item}),
        Statement(COUNT_FOR_SESSION, {"session": session, "item": item}),
    ]
