"""The trace of a turn: always our own record of what the expert saw."""

from __future__ import annotations

from django.db import transaction

from chat import linking, statements
from chat.models import Turn
from chat.turn_spans import root_span_id_of, spans_of, trace_id_of, traceparent_of
from traces.ingest.storing import store_spans
from traces.models import Trace

__all__ = ["record", "recorded_id_of", "trace_id_of", "traceparent_of"]

ON_THE_PAGE = ("parent_id", "message", "images", "text", "refusal")


def record(turn: Turn) -> Trace:
    """Write the turn's trace, and find the application's own; a second time writes the same again.

    Whatever the application sent under the same id stays in it, and what it sends later joins it.
    """
    with linking.recording(turn), transaction.atomic():
        # Locked before the trace, as everybody does; an arriving trace may have been linked just now.
        own_trace_id, is_taken = statements.hold_for_record(turn, trace_id_of(turn), turn.started_at)
        turn.own_trace_id = own_trace_id or turn.own_trace_id
        trace_id = turn.trace_id or free_id_of(turn, is_taken=is_taken)
        store_spans(turn.conversation.endpoint.experiment, spans_of(turn, branch_before(turn), trace_id=trace_id))
        trace = Trace.objects.get(pk=trace_id)
        if trace.experiment_id != turn.conversation.endpoint.experiment_id:  # the application's spans came first
            trace.experiment = turn.conversation.endpoint.experiment
            trace.save(update_fields=["experiment"])
        turn.trace, turn.trace_span_id = trace, root_span_id_of(turn)
        linking.settle(turn)
    return trace


def recorded_id_of(turn: Turn) -> str:
    """Return the id of the turn's trace, recorded now if whoever ran the turn went away before."""
    return turn.trace_id or record(turn).pk


def free_id_of(turn: Turn, *, is_taken: bool) -> str:
    """Return the turn's trace id, or another where that one was somebody's already.

    The browser chose the turn's id: it must not open, or add to, a trace that was there before.
    """
    return f"tr-{linking.other_id_of(turn)}" if is_taken else trace_id_of(turn)


def branch_before(turn: Turn) -> list[Turn]:
    """Return the turns that the message follows, oldest first. Queries: 1, none for a first message."""
    if turn.parent_id is None:
        return []
    turns = {each.pk: each for each in turn.conversation.turns.only(*ON_THE_PAGE)}
    before: list[Turn] = []
    step = turns.get(turn.parent_id)
    while step is not None:
        before.insert(0, step)
        step = turns.get(step.parent_id) if step.parent_id else None
    return before
