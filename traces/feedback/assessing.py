"""From what an end user said to assessments on the trace.

thumbs      feedback `user_feedback`: true, false
score       feedback `user_score`: number
categories  feedback `user_categories`: list of strings
comment     the rationale of the first of these that was given; alone, feedback `user_comment`: string
correction  expectation `expected_response`: string
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.models import User
from traces.announcing import announce_assessed
from traces.feedback.message import Message
from traces.feedback.models import EndUserFeedback
from traces.models import Assessment, Json, Trace

THUMBS = "user_feedback"
SCORE = "user_score"
CATEGORIES = "user_categories"
COMMENT = "user_comment"
CORRECTION = "expected_response"
NAMES = (THUMBS, SCORE, CATEGORIES, COMMENT, CORRECTION)

NOBODY = "anonymous"
MARK = "reviewApp.publishableKey"  # metadata: only what has it is ever replaced by end users' feedback


@dataclass(frozen=True, slots=True)
class Said:
    name: str
    value: Json
    rationale: str = ""
    kind: str = Assessment.Kind.FEEDBACK


def assess(feedback: EndUserFeedback, trace: Trace, message: Message) -> None:
    """Write what was said; what the same person said earlier by the same name is overridden.

    To be called in a transaction. Locks the trace, so that two votes of one person at a time leave one valid.
    """
    Trace.objects.select_for_update(no_key=True).get(pk=trace.pk)
    source_id = source_of(message)
    metadata = metadata_of(feedback, message)
    told: list[str] = []
    for said in everything_in(message):
        earlier = standing(trace, said.name, source_id) if message.subject else None
        if earlier is None:
            new = Assessment.objects.create(
                trace=trace, kind=said.kind, name=said.name, value=said.value, rationale=said.rationale,
                source_type=Assessment.SourceType.HUMAN, source_id=source_id, metadata=metadata,
                created_at=feedback.received_at, updated_at=feedback.received_at,
            )  # fmt: skip
            told.append(new.pk)
        elif (earlier.value, earlier.rationale) != (said.value, said.rationale):
            new = earlier.override(
                value=said.value, rationale=said.rationale, metadata=metadata, at=feedback.received_at
            )
            told += [earlier.pk, new.pk]
    announce_assessed(told)


def everything_in(message: Message) -> Iterator[Said]:
    comment = message.comment
    named: list[tuple[str, Json]] = [
        (THUMBS, message.thumbs), (SCORE, message.score), (CATEGORIES, list(message.categories) or None),
    ]  # fmt: skip
    for name, value in named:
        if value is not None:
            yield Said(name, value, comment)
            comment = ""
    if comment:
        yield Said(COMMENT, comment)
    if message.correction:
        yield Said(CORRECTION, message.correction, kind=Assessment.Kind.EXPECTATION)


def standing(trace: Trace, name: str, source_id: str) -> Assessment | None:
    found = Assessment.objects.filter(
        trace=trace, name=name, source_id=source_id, source_type=Assessment.SourceType.HUMAN, valid=True,
        metadata__has_key=MARK,
    )  # fmt: skip
    return found.order_by("-created_at", "-pk").first()


def source_of(message: Message) -> str:
    """Return the application's user. Nobody speaks as a person of this place, whatever their page says."""
    source = message.subject or NOBODY
    if User.objects.filter(email=source.lower()).exists():
        return f"end-user:{source}"
    return source


def metadata_of(feedback: EndUserFeedback, message: Message) -> dict[str, str]:
    found = {
        MARK: feedback.key.name,
        "reviewApp.feedbackId": feedback.idempotency_key,
        "reviewApp.page": message.page,
        "reviewApp.anonymous": "" if message.user_id else "true",
    }
    return {name: value for name, value in found.items() if value}
