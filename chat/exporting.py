"""A conversation as a file: markdown to read, JSON lines to go on with. All versions, judgements and trace ids."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.utils import timezone

from chat.models import Conversation, Judgement, Turn

MARKS = re.compile(r"([\\`*_{}\[\]>#|~$!])")
BREAKS = re.compile(r"\s+")

Said = dict[UUID | None, list[dict[str, Any]]]  # what was said, by the id of the turn; None: of the conversation


def json_lines(conversation: Conversation) -> Iterator[str]:
    """Yield one line for each turn, the oldest first, and one for what was said of the whole. Queries: 2."""
    said = judgements_of(conversation)
    for turn in conversation.turns.all():
        yield json.dumps(turn_as_json(conversation, turn, said[turn.pk]), ensure_ascii=False) + "\n"
    if said[None]:
        whole = {"conversation": str(conversation.pk), "turn": None, "judgements": said[None]}
        yield json.dumps(whole, ensure_ascii=False) + "\n"


def markdown(conversation: Conversation) -> Iterator[str]:
    """Yield the conversation to read. What people and endpoints wrote is quoted, so none of it becomes a heading."""
    said = judgements_of(conversation)
    yield f"# {in_a_line(str(conversation))}\n\n"
    yield f"{in_a_line(str(conversation.endpoint))} · {conversation.created_at.isoformat(timespec='seconds')}\n"
    for turn in conversation.turns.all():
        yield f"\n## {in_a_line(str(conversation.user))}\n\n{quoted(turn.message)}\n"
        yield f"\n## {answer_heading(conversation, turn)}\n\n{quoted(turn.text or turn.refusal)}\n"
        yield from judged_lines(said[turn.pk])
    if said[None]:
        yield "\n## Of the whole conversation\n"
        yield from judged_lines(said[None])


def judgements_of(conversation: Conversation) -> Said:
    """Return the valid judgements of everybody who judged here."""
    said: Said = defaultdict(list)
    rows = Judgement.objects.filter(conversation=conversation, assessment__valid=True)
    for row in rows.select_related("assessment").order_by("assessment__created_at"):
        said[row.turn_id].append(judgement_as_json(row))
    return said


def judgement_as_json(row: Judgement) -> dict[str, Any]:
    assessment = row.assessment
    return {
        "name": row.name,
        "type": assessment.kind,
        "value": assessment.value,
        "rationale": assessment.rationale,
        "source_id": assessment.source_id,
        "created_at": assessment.created_at.isoformat(),
        "assessment_id": assessment.pk,
    }


def turn_as_json(conversation: Conversation, turn: Turn, judgements: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "conversation": str(conversation.pk),
        "title": conversation.title,
        "endpoint": conversation.endpoint.name,
        "endpoint_version": turn.endpoint_version or conversation.endpoint.version,
        "model": turn.model,
        "user": conversation.user.email,
        "turn": str(turn.pk),
        "parent": str(turn.parent_id) if turn.parent_id else None,
        "message": turn.message,
        "images": len(turn.images),
        "answer": turn.text,
        "reasoning": turn.reasoning,
        "refusal": turn.refusal,
        "steps": turn.steps,
        "sources": turn.sources,
        "usage": turn.usage,
        "state": turn.state,
        "finish_reason": turn.finish_reason,
        "failure": turn.failure,
        "asked_at": turn.started_at.isoformat(),
        "first_text_ms": turn.first_text_ms,
        "duration_s": turn.duration_s,
        "trace_id": turn.trace_id,
        "application_trace_id": turn.own_trace_id or None,
        "judgements": judgements,
    }


def answer_heading(conversation: Conversation, turn: Turn) -> str:
    version = turn.endpoint_version or conversation.endpoint.version
    parts = [
        f"{conversation.endpoint.name} {version}".strip(),
        timezone.localtime(turn.started_at).isoformat(" ", timespec="minutes"),
        "" if turn.state == Turn.State.COMPLETE else str(turn.get_state_display()),
        turn.trace_id or "",
    ]
    return in_a_line(" · ".join(part for part in parts if part))


def judged_lines(judgements: list[dict[str, Any]]) -> Iterator[str]:
    for said in judgements:
        value = said["value"] if isinstance(said["value"], str) else json.dumps(said["value"], ensure_ascii=False)
        yield f"\n- **{in_a_line(said['name'])}** by {in_a_line(said['source_id'])}:\n\n{indented(quoted(value))}\n"
        if said["rationale"]:
            yield f"\n{indented(quoted(said['rationale']))}\n"


def quoted(text: str) -> str:
    """As a quotation. HTML in it is shown, not run; a link or an image stays the text that it was."""
    shown = without_tags(text).replace("](", "]\\(").replace("![", "!\\[")
    return "\n".join(f"> {line}".rstrip() for line in shown.splitlines() or ["—"])


def without_tags(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def in_a_line(text: str) -> str:
    return BREAKS.sub(" ", MARKS.sub(r"\\\1", without_tags(text))).strip()
