"""Telling open pages that the application's own trace of an answer has come, or has grown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from chat import nudging
from chat.linking import RECORDED
from reviewapp.lib.columns import among, fetch
from reviewapp.lib.serving import do_soon
from traces.announcing import Arrival, on_arrival

SHOWN_WITH = f"""
    SELECT id, conversation_id FROM chat_turn WHERE trace_id {among("ids")} AND link = 'joined'
    UNION SELECT id, conversation_id FROM chat_turn
        WHERE own_trace_id <> '' AND own_trace_id {among("ids")} AND link = 'found'
"""  # noqa: S608 - nothing in it is anybody's


@on_arrival
def tell_pages(arrivals: Sequence[Arrival]) -> None:
    """Say so of turns that are linked already: `chat.linking` hears of arrivals first. Queries: 1."""
    recorded = RECORDED.get()
    ids = [each.trace_id for each in arrivals if recorded is None or each.trace_id != recorded.trace_id]
    for turn_id, conversation_id in fetch(SHOWN_WITH, ids=ids) if ids else ():
        told = partial(nudging.tell, UUID(str(conversation_id)), nudging.LINKED, UUID(str(turn_id)))
        do_soon(f"linked.{turn_id}", told)
