"""The conversation of the item that comes next is read and drawn before it is asked for.

Nobody is handed anything by it: when somebody else takes the item, they find it read.
"""

from __future__ import annotations

from uuid import UUID

from labeling.statements.handing_out import find_trace_ahead
from traces.reading import conversation_of
from traces.reading.drawing import draw_conversation


def read_ahead(session_id: UUID, user_id: int) -> None:
    """Put what `take_free_item` would most likely hand out into the cache, as `_review_item.html` draws it."""
    trace = find_trace_ahead(session_id, user_id)
    if trace is not None:
        draw_conversation(conversation_of(trace))
