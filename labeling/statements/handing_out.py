"""Giving a person the next item, and looking at the one behind it."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from labeling.models import Item, Review
from reviewapp.lib.columns import Columns, Statement, fetch, mark_stored, read_row, relate, run_as_one
from traces.models import Trace

TRACE = Columns(Trace, only=["trace_id", "revised_at"])  # what it takes to read its conversation
HANDED_OUT = Columns(Item)
NEW_REVIEW = Columns(Review)

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
