"""A person's own review, what is asked in it, and their part in its session."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypedDict, cast
from uuid import UUID

from django.utils import timezone

from labeling.models import (
    Item,
    LabelingSession,
    LabelSchema,
    LabelSchemaVersion,
    Review,
    Reviewer,
    SessionQuestion,
)
from reviewapp.lib.columns import Columns, Rows, Statement, fetch, read_row, relate, run

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
QUESTION = Columns(SessionQuestion, of="q")
SCHEMA = Columns(LabelSchema, of="l", only=["schema_id", "experiment", "name", "type", "judge_name", "current"])
VERSION = Columns(
    LabelSchemaVersion,
    of="v",
    only=["id", "schema", "number", "title", "instruction", "input", "enable_comment"],
)

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
