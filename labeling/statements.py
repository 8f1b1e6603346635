"""The statements of a label, written by hand.

Each label runs the same dozen, and the ORM took ten times as long to build them anew as the database takes to answer.
So these, and no others, are written down; they are the same on SQLite and PostgreSQL. What locks, in which order and
why stands with those who call them: claiming, recording, access. Lists of columns come from the models.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypedDict, cast
from uuid import UUID

from django.db import connection
from django.utils import timezone

from labeling.models import (
    Answer,
    Item,
    LabelingSession,
    LabelSchema,
    LabelSchemaVersion,
    Review,
    Reviewer,
    SessionQuestion,
)
from reviewapp.lib.columns import Columns, Rows, Statement, fetch, mark_stored, read_row, relate, run, run_as_one
from traces.models import Assessment, Trace

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

REVIEW = Columns(Review, of="r")
ITEM = Columns(Item, of="i")
# Columns that a label has no use for are left out, and fetched by themselves where a page wants them.
SESSION = Columns(
    LabelingSession,
    of="s",
    only=["id", "name", "state", "reviews_per_item", "is_blind", "lease_s", "n_items", "n_open", "n_done"],
)
REVIEWER = Columns(Reviewer, of="p", only=["id", "session", "user", "cursor", "n_complete", "n_declined", "active_s"])
TRACE = Columns(Trace, only=["trace_id", "revised_at"])  # what it takes to read its conversation
QUESTION = Columns(SessionQuestion, of="q")
SCHEMA = Columns(LabelSchema, of="l", only=["schema_id", "experiment", "name", "type", "judge_name", "current"])
VERSION = Columns(
    LabelSchemaVersion,
    of="v",
    only=["id", "schema", "number", "title", "instruction", "input", "enable_comment"],
)
HANDED_OUT = Columns(Item)
NEW_REVIEW = Columns(Review)
NEW_ASSESSMENT = Columns(Assessment)
NEW_ANSWER = Columns(Answer, only=["review", "version", "assessment"])


# Looking up.


MY_REVIEW = f"""
    SELECT {REVIEW.listed}, {ITEM.listed}, {SESSION.listed}
    FROM labeling_review r
    JOIN labeling_reviewer p ON p.session_id = r.session_id AND p.user_id = r.user_id
    JOIN labeling_labelingsession s ON s.id = r.session_id
    JOIN labeling_item i ON i.id = r.item_id
    WHERE r.id = %(review)s AND r.user_id = %(user)s AND s.state <> 'draft'
"""  # noqa: S608 - names of ours


def finding_review_of(user_id: int, review_id: UUID) -> Statement:
    """Return what finds a person's own review while they are in its session; `review_in` reads it."""
    return Statement(MY_REVIEW, {"review": review_id, "user": user_id}, has_rows=True)


def review_in(rows: Rows) -> Review | None:
    """Read a review, with item and session."""
    for row in rows:
        review, item, session = read_row(row, REVIEW, ITEM, SESSION)
        relate(review, item=item, session=session)
        relate(item, session=session)
        return cast(Review, review)
    return None


def find_review_of(user_id: int, review_id: UUID) -> Review | None:
    (rows,) = run(finding_review_of(user_id, review_id))
    return review_in(rows)


ASKED = f"""
    SELECT {QUESTION.listed}, {SCHEMA.listed}, {VERSION.listed}
    FROM labeling_sessionquestion q
    JOIN labeling_labelschema l ON l.schema_id = q.schema_id
    JOIN labeling_labelschemaversion v ON v.id = l.current_id
    WHERE q.session_id = {{session}}
    ORDER BY q.position, q.id
"""  # noqa: S608 - names of ours
ASKED_IN_SESSION = ASKED.format(session="%(session)s")
ASKED_IN_REVIEW = ASKED.format(session="(SELECT r.session_id FROM labeling_review r WHERE r.id = %(review)s)")


def questions_asked_in(session_id: UUID) -> list[SessionQuestion]:
    """Return the session's questions in order, with their current words. Shared between requests: to be read only."""
    return [*questions_in(tuple(fetch(ASKED_IN_SESSION, session=session_id)))]


@lru_cache(maxsize=500)
def questions_in(rows: tuple[tuple[Any, ...], ...]) -> list[SessionQuestion]:
    """Rows that say the same are the same questions, so that nothing has to be told when one is edited."""
    questions = []
    for row in rows:
        question, schema, version = read_row(row, QUESTION, SCHEMA, VERSION)
        relate(question, schema=schema)
        relate(schema, current=version)
        questions.append(question)
    return questions


def find_review_and_questions(user_id: int, review_id: UUID) -> tuple[Review | None, list[SessionQuestion]]:
    """Return both `find_review_of` and `questions_asked_in`, in one go."""
    asking = Statement(ASKED_IN_REVIEW, {"review": review_id}, has_rows=True)
    found, asked = run(finding_review_of(user_id, review_id), asking)
    return review_in(found), [*questions_in(tuple(asked))]


class AtWork(TypedDict):
    n_held: int
    has_begun: bool
    is_time_up: bool


if TYPE_CHECKING:
    ReviewerAtWork = WithAnnotations[Reviewer, AtWork]

AT_WORK = f"""
    SELECT {REVIEWER.listed}, {SESSION.listed},
        (SELECT COUNT(*) FROM labeling_review r WHERE r.session_id = p.session_id AND r.user_id = p.user_id
            AND r.finished_at IS NULL AND r.status = 'in_progress'),
        (SELECT COUNT(*) FROM labeling_review r WHERE r.session_id = p.session_id AND r.user_id = p.user_id
            AND r.finished_at IS NULL {{besides}}),
        (SELECT COUNT(*) FROM labeling_review r WHERE r.session_id = p.session_id AND r.status = 'in_progress'
            AND r.lease_until < %(now)s AND r.user_id <> p.user_id)
    FROM labeling_reviewer p JOIN labeling_labelingsession s ON s.id = p.session_id
    WHERE p.session_id = %(session)s AND p.user_id = %(user)s
"""  # noqa: S608 - names of ours


def finding_at_work(session_id: UUID, user_id: int, besides: Collection[UUID] = ()) -> Statement:
    """Return what finds the person's part in a session; `at_work_in` reads it."""
    left_out = {f"besides_{n}": review_id for n, review_id in enumerate(besides)}
    passing = f"AND r.id NOT IN ({', '.join(f'%({name})s' for name in left_out)})" if left_out else ""
    given = {"session": session_id, "user": user_id, "now": timezone.now(), **left_out}
    return Statement(AT_WORK.format(besides=passing), given, has_rows=True)


def at_work_in(rows: Rows) -> ReviewerAtWork | None:
    """Read the person's part in a session, with it.

    n_held      items they hold
    has_begun   whether there is a review, not among `besides`, that they have not finished
    is_time_up  whether others hold items past their time
    """
    for row in rows:
        reviewer, session, n_held, n_begun, n_lapsed = read_row(row, REVIEWER, SESSION)
        relate(reviewer, session=session)
        reviewer.n_held, reviewer.has_begun, reviewer.is_time_up = n_held, n_begun > 0, n_lapsed > 0
        return cast("ReviewerAtWork", reviewer)
    return None


def find_at_work(session_id: UUID, user_id: int, besides: Collection[UUID] = ()) -> ReviewerAtWork | None:
    (rows,) = run(finding_at_work(session_id, user_id, besides))
    return at_work_in(rows)


# Handing out.


GIVE_FREE_ITEM = f"""
    INSERT INTO labeling_review ({NEW_REVIEW.listed})
    SELECT {", ".join("i.id" if name == "item_id" else f"%({name})s" for name in NEW_REVIEW.attributes)}
    FROM labeling_item i
    WHERE i.session_id = %(session_id)s AND i.n_held < i.needs AND i.position {{where}} %(cursor)s
        AND NOT EXISTS (SELECT 1 FROM labeling_review r WHERE r.item_id = i.id AND r.user_id = %(user_id)s)
    ORDER BY i.position LIMIT 1 {{lock}}
"""  # noqa: S608 - names of ours
LOCK = {"postgresql": "FOR NO KEY UPDATE SKIP LOCKED", "sqlite": ""}  # SQLite has one writer at a time
TAKE_PLACE = f"""
    UPDATE labeling_item SET n_held = n_held + 1
    WHERE id = (SELECT r.item_id FROM labeling_review r WHERE r.id = %(review)s)
    RETURNING {HANDED_OUT.listed},
        (SELECT t.revised_at FROM traces_trace t WHERE t.trace_id = labeling_item.trace_id)
"""  # noqa: S608 - names of ours
COUNT_IF_FULL = """
    UPDATE labeling_labelingsession SET n_open = n_open - 1
    WHERE id = %(session)s AND EXISTS (
        SELECT 1 FROM labeling_review r JOIN labeling_item i ON i.id = r.item_id
        WHERE r.id = %(review)s AND i.n_held = i.needs
    )
"""


def giving(review: Review, *, where: str, cursor: int) -> list[Statement]:
    """Return what gives a new review the first item, `where` its position is so to the cursor, that is free."""
    given = NEW_REVIEW.given_by(review) | {"cursor": cursor}
    return [
        Statement(GIVE_FREE_ITEM.format(where=where, lock=LOCK[connection.vendor]), given),
        Statement(TAKE_PLACE, {"review": review.pk}, has_rows=True),
        Statement(COUNT_IF_FULL, {"review": review.pk, "session": review.session_id}),
    ]


def give_free_item(review: Review, *, after: int) -> bool:
    """Give a new review the first item behind a position, or else the first of all, that its person has not had.

    Passes over items that somebody else is being given at this moment. False when there is none.

    Raises: IntegrityError when the person was given the same item at this moment.
    """
    for where in (">", "<=") if after else (">",):
        _given, taken, _counted = run_as_one(*giving(review, where=where, cursor=after))
        for row in taken:
            item, revised_at = read_row(row, HANDED_OUT)
            relate(item, trace=TRACE.read([item.trace_id, revised_at]), session=review.session)
            review.item_id = item.pk
            relate(review, item=item)
            mark_stored(review)
            return True
    return False


TRACE_AHEAD = """
    SELECT t.trace_id, t.revised_at
    FROM labeling_item i JOIN traces_trace t ON t.trace_id = i.trace_id
    WHERE i.session_id = %(session)s AND i.n_held < i.needs
        AND i.position > (
            SELECT p.cursor FROM labeling_reviewer p WHERE p.session_id = %(session)s AND p.user_id = %(user)s
        )
        AND NOT EXISTS (SELECT 1 FROM labeling_review r WHERE r.item_id = i.id AND r.user_id = %(user)s)
    ORDER BY i.position LIMIT 1
"""


def find_trace_ahead(session_id: UUID, user_id: int) -> Trace | None:
    """Return the trace of the item that the person would be handed next, if they have not come to the end."""
    return next(map(TRACE.read, fetch(TRACE_AHEAD, session=session_id, user=user_id)), None)


# Finishing.


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
