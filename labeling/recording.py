"""What an expert says about an item becomes assessments; nothing said is ever destroyed.

RecordingError
├── LeaseLost        the lease lapsed and somebody else has the place; the draft is kept
└── SessionNotOpen   the session is closed (or not open yet); the draft is kept
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from labeling import live
from labeling.answers import GivenAnswer, differs, draft_of, take_back, write
from labeling.models import Item, Review, Reviewer
from labeling.statements.finishing import counting, finishing_held
from labeling.statements.looking_up import at_work_in, finding_at_work

if TYPE_CHECKING:
    from labeling.statements.looking_up import ReviewerAtWork

__all__ = [
    "GivenAnswer",
    "LeaseLost",
    "RecordingError",
    "SessionNotOpen",
    "complete",
    "decline",
    "save_draft",
    "undo",
]

Status = Review.Status
MOST_ACTIVE_S = 24 * 3600  # of one review; more is a clock gone wrong


class RecordingError(Exception):
    """Something that a person can be told, and do something about."""


class LeaseLost(RecordingError):
    pass


class SessionNotOpen(RecordingError):
    pass


class NotHeld(Exception):
    """A review that was to be finished is not held, or its session not open; nothing is written."""


def save_draft(review: Review, draft: dict[str, Any], *, active_s: int) -> None:
    """Keep what was typed so far; neither holds nor finishes. `active_s` is the total of this review."""
    changed = {"draft": draft, "draft_saved_at": timezone.now()}
    if review.status == Status.COMPLETE:  # its seconds are counted
        kept = Review.objects.filter(pk=review.pk)
    else:  # unless it was finished a moment ago: what comes late is older than what was said
        kept = Review.objects.filter(pk=review.pk).exclude(status=Status.COMPLETE)
        changed["active_s"] = attention(review, active_s)
    if kept.update(**changed):
        for name, value in changed.items():
            setattr(review, name, value)


def attention(review: Review, active_s: int) -> int:
    return max(review.active_s, min(active_s, MOST_ACTIVE_S))


def complete(
    review: Review, answers: Sequence[GivenAnswer], *, active_s: int, besides: Collection[UUID] = ()
) -> ReviewerAtWork | None:
    """Finish a review: its answers become assessments. `active_s` is the total of this review.

    On a finished one, what changed is said anew and overrides what was said before; sent twice, it
    changes nothing. One that lapsed, was put back or declined is finished too, if there is room.

    Returns what `claiming.next_review_for` goes on from, `besides` these reviews; None after a change.
    Queries: 7 for one that is held, in one go on PostgreSQL, and BEGIN and COMMIT.
    Raises:  LeaseLost, SessionNotOpen; then nothing is written.
    """
    now = timezone.now()
    active_s = attention(review, active_s)
    if review.is_held:
        with suppress(NotHeld, IntegrityError):  # sent twice at the same moment, the answers are there already
            return record(review, answers, now, active_s, besides)
    return record_unheld(review, answers, now, active_s, besides)


@transaction.atomic
def record(
    review: Review, answers: Sequence[GivenAnswer], now: datetime, active_s: int, besides: Collection[UUID]
) -> ReviewerAtWork | None:
    """Finish a review that is held, write its answers and count it. Raises: NotHeld."""
    review.active_s = active_s
    finished, *_counted, at_work = write(
        review,
        [(answer, None) for answer in answers],
        now,
        before=[finishing_held(review.pk, now, active_s)],
        after=[*counting(review, now), finding_at_work(review.session_id, review.user_id, besides)],
    )
    if not finished:
        raise NotHeld
    review.status, review.finished_at, review.lease_until = Status.COMPLETE, now, None
    review.draft, review.draft_saved_at = {}, None
    transaction.on_commit(lambda: live.tell(review.session_id))
    return at_work_in(at_work)


@transaction.atomic
def record_unheld(
    review: Review, answers: Sequence[GivenAnswer], now: datetime, active_s: int, besides: Collection[UUID]
) -> ReviewerAtWork | None:
    """Change what a finished review says; hold another one again, and finish it.

    Raises: LeaseLost, SessionNotOpen.
    """
    if lock(review).status == Status.COMPLETE:
        change(review, answers, now, active_s)
        transaction.on_commit(lambda: live.tell(review.session_id))
        return None
    if not review.is_held:
        take_place(review)
    try:
        return record(review, answers, now, active_s, besides)
    except NotHeld as error:
        raise SessionNotOpen from error  # closed at this moment


def lock(review: Review) -> Review:
    """Let nobody else move the review until the transaction ends, and bring it up to date.

    Raises: SessionNotOpen.
    """
    locked = Review.objects.select_for_update(no_key=True, of=("self",)).select_related("session").get(pk=review.pk)
    if not locked.session.is_open:
        raise SessionNotOpen
    for name in ("status", "lease_until", "draft", "active_s", "finished_at", "decline_reason", "decline_note"):
        setattr(review, name, getattr(locked, name))
    return review


def reviewer_of(review: Review) -> QuerySet[Reviewer]:
    return Reviewer.objects.filter(session=review.session_id, user=review.user_id)


def move(review: Review, **changed: Any) -> None:
    """Change a locked review."""
    Review.objects.filter(pk=review.pk).update(**changed)
    for name, value in changed.items():
        setattr(review, name, value)


def take_place(review: Review) -> None:
    """Hold a locked review that has no place any more. Raises: LeaseLost when others have them all."""
    if review.status == Status.DECLINED:
        reviewer_of(review).update(n_declined=F("n_declined") - 1)
    if not Item.objects.move(review.item_id, held=1):
        raise LeaseLost
    move(
        review,
        status=Status.IN_PROGRESS,
        lease_until=timezone.now() + review.session.lease,
        finished_at=None,
        decline_reason="",
        decline_note="",
    )


def change(review: Review, answers: Sequence[GivenAnswer], now: datetime, active_s: int) -> None:
    """Say anew what changed in a finished review, and take back what is not said any more."""
    old = {answer.version.schema_id: answer for answer in review.answers.select_related("version", "assessment")}
    given = {answer.version.schema_id: answer for answer in answers}
    asked = set(review.session.questions.values_list("schema_id", flat=True))
    changed = {key: answer for key, answer in given.items() if key not in old or differs(answer, old[key])}
    over = [answer for key, answer in old.items() if key in changed or (key in asked and key not in given)]
    # A question that the session asks no more was not on the page: its answer stays.
    reviewer_of(review).update(active_s=F("active_s") + active_s - review.active_s, last_active_at=now)
    move(review, draft={}, draft_saved_at=None, active_s=active_s)
    take_back(over, now)
    write(review, [(answer, old[key].assessment if key in old else None) for key, answer in changed.items()], now)


@transaction.atomic
def decline(review: Review, *, reason: str, note: str = "") -> None:
    """Say that the person can't judge it; somebody else may. What was typed or said comes back as draft.

    Raises: SessionNotOpen.
    """
    lock(review)
    if review.status == Status.COMPLETE:
        retract(review)
    is_held, was_declined = review.is_held, review.status == Status.DECLINED
    now = timezone.now()
    move(
        review,
        status=Status.DECLINED,
        finished_at=now,
        lease_until=None,
        decline_reason=reason,
        decline_note=note,
    )
    reviewer_of(review).update(
        n_declined=F("n_declined") + int(not was_declined),
        cursor=Greatest(F("cursor"), review.item.position),
        last_active_at=now,
    )
    if is_held:
        Item.objects.move(review.item_id, held=-1)
    transaction.on_commit(lambda: live.tell(review.session_id))


@transaction.atomic
def undo(review: Review) -> None:
    """Hold a finished or declined review again, with what was said as draft; one that is held stays so.

    Raises: SessionNotOpen; LeaseLost when a declined one has gone to others.
    """
    lock(review)
    if review.status == Status.COMPLETE:
        retract(review)
    elif review.status == Status.DECLINED:
        take_place(review)
    transaction.on_commit(lambda: live.tell(review.session_id))


def retract(review: Review) -> None:
    """Take back all that a finished, locked review says, and hold it."""
    answers = list(review.answers.select_related("version", "assessment"))
    take_back(answers, timezone.now())
    move(
        review,
        status=Status.IN_PROGRESS,
        lease_until=timezone.now() + review.session.lease,
        finished_at=None,
        draft=review.draft or draft_of(answers),
    )
    reviewer_of(review).update(n_complete=F("n_complete") - 1, active_s=F("active_s") - review.active_s)
    Item.objects.move(review.item_id, complete=-1)
