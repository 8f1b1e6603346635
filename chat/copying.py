"""What was said about an answer, once more on the application's own trace of it. The copy follows its original."""

from __future__ import annotations

from django.db.models import Q

from chat.models import Judgement, Turn
from traces.announcing import announce_assessed
from traces.models import Assessment


def copy_all_said(turn: Turn) -> None:
    """Copy what was said before the application's trace was known."""
    about = Q(turn=turn) | Q(turn=None, conversation=turn.conversation_id, assessment__trace=turn.trace_id)
    for judgement in Judgement.objects.select_related("assessment").filter(about, copy=None):
        follow(judgement, turn.own_trace_id)


def follow(judgement: Judgement, trace_id: str) -> None:
    """Say on the application's trace what a judgement says now; there too it overrides what it said before."""
    said, before = judgement.assessment, judgement.copy
    metadata = {**said.metadata, "reviewapp.copy_of": said.pk, "reviewapp.record": said.trace_id}
    if before is not None:
        judgement.copy = before.override(value=said.value, rationale=said.rationale, metadata=metadata)
    else:
        judgement.copy = Assessment.objects.create(
            trace_id=trace_id,
            kind=said.kind,
            name=said.name,
            value=said.value,
            rationale=said.rationale,
            source_type=said.source_type,
            source_id=said.source_id,
            metadata=metadata,
            created_at=said.created_at,
            updated_at=said.updated_at,
        )
    judgement.save(update_fields=["copy"])
    announce_assessed([each.pk for each in (before, judgement.copy) if each is not None])
