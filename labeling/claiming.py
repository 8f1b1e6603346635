"""Handing out items: who holds what, and until when.

An item is handed out while `n_held < needs`. Each verb moves a review's state by a conditional
update and the item's counts in the same transaction, so a second tab, a lapsed lease or fifty
people at once can't hand out more than is needed. Every verb locks in the same order, review,
reviewer, item, session, so that no two of them wait for each other.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from labeling import live
from labeling.models import Item, LabelingSession, Review, Reviewer
from labeling.statements.handing_out import give_free_item
from labeling.statements.looking_up import find_at_work

if TYPE_CHECKING:
    from labeling.statements.looking_up import ReviewerAtWork

Status = Review.Status


def next_review(session: LabelingSession, user: User, *, besides: Collection[UUID] = ()) -> Review | None:
    """Return what the person should do next, held for them; None when there is nothing (see `why_nothing`).

    First what they hold, then what they began and let go, then a new item behind the last one they
    finished. Reviews whose ids are in `besides` are passed over.

    Queries: 2 for one that is held; 4 for a new one, and BEGIN and COMMIT; on PostgreSQL 2 altogether.
    """
    reviewer = find_at_work(session.pk, user.pk, besides)
    return None if reviewer is None else next_review_for(reviewer, user, besides=besides)


def next_review_for(reviewer: ReviewerAtWork, user: User, *, besides: Collection[UUID] = ()) -> Review | None:
    """As `next_review`, where the look-up has been made, with the same `besides`. Queries: 1 less."""
    session = reviewer.session
    if not session.is_open:
        return None
    held = take_up_again(session, user, besides) if reviewer.has_begun else None
    if held is not None:
        return held
    if reviewer.is_time_up:
        free_lapsed(session, user)
    return hand_out_behind_cursor(reviewer, user, besides)


def unfinished(session: LabelingSession, user: User, besides: Collection[UUID]) -> QuerySet[Review]:
    return Review.objects.filter(session=session, user=user, finished_at=None).exclude(pk__in=besides)


def take_up_again(session: LabelingSession, user: User, besides: Collection[UUID]) -> Review | None:
    """Return a review that the person holds or, where there is still room, one they let go."""
    begun = (
        unfinished(session, user, besides)
        .select_related("item__trace")
        .order_by("status", "handed_out_at", "pk")  # in_progress comes before pending
    )
    for review in begun:
        review.session, review.user = session, user
        if is_fresh(review) or take(review):
            return review
    return None


def is_fresh(review: Review) -> bool:
    """Whether more than half of the lease is left: then the page's own heartbeat is enough."""
    return review.lease_until is not None and review.lease_until - timezone.now() > review.session.lease / 2


@transaction.atomic
def take(review: Review) -> bool:
    """Hold a review that is held or pending for a full lease from now; False when its place is gone."""
    until = timezone.now() + review.session.lease
    mine = Review.objects.filter(pk=review.pk)
    if mine.filter(status=Status.IN_PROGRESS).update(lease_until=until):
        review.status, review.lease_until = Status.IN_PROGRESS, until
        return True
    if mine.filter(status=Status.PENDING).update(status=Status.IN_PROGRESS, lease_until=until):
        if Item.objects.move(review.item_id, held=1):
            review.status, review.lease_until = Status.IN_PROGRESS, until
            return True
        mine.update(status=Status.PENDING, lease_until=None)
    return False


def hand_out_behind_cursor(reviewer: Reviewer, user: User, besides: Collection[UUID]) -> Review | None:
    """Give the person an item they have not had, the first behind the last one they finished."""
    session = reviewer.session
    try:
        return hand_out(session, user, after=reviewer.cursor) or hand_out_one_waited_for(session, user)
    except IntegrityError:  # at this moment the same item was given to the same person in another tab
        return take_up_again(session, user, besides)


def hand_out(session: LabelingSession, user: User, *, after: int) -> Review | None:
    """Give the person the first item that nobody else is being given at this moment, so that nobody queues."""
    review = new_review(session, user)
    return review if give_free_item(review, after=after) else None


def new_review(session: LabelingSession, user: User) -> Review:
    now = timezone.now()
    return Review(session=session, user=user, lease_until=now + session.lease, handed_out_at=now)


def hand_out_one_waited_for(session: LabelingSession, user: User) -> Review | None:
    """Give the person an item that others were being given, if they leave a place.

    One item at a time, each in a transaction of its own: PostgreSQL keeps the lock of a row that turns
    out to be full until the transaction ends, and two people who each wait for the other's would deadlock.
    """
    free = free_items(session, user)
    while connection.features.has_select_for_update_skip_locked and (wanted := free.first()):
        with transaction.atomic():
            locked = free.select_for_update(no_key=True, of=("self",)).filter(pk=wanted.pk).first()
            if locked is not None:
                review = new_review(session, user)
                review.item = locked
                review.save(force_insert=True)
                Item.objects.move(locked.pk, held=1)
                return review
    return None


def free_items(session: LabelingSession, user: User) -> QuerySet[Item]:
    """Return the items with room that the person has no review of."""
    return (
        Item.objects.filter(session=session, n_held__lt=F("needs"))
        .filter(~Exists(Review.objects.filter(item=OuterRef("pk"), user=user)))
        .select_related("trace")
        .order_by("position")
    )


def lapsed(session: LabelingSession) -> QuerySet[Review]:
    return Review.objects.filter(session=session, status=Status.IN_PROGRESS, lease_until__lt=timezone.now())


def free_lapsed(session: LabelingSession, user: User) -> None:
    """Put back what others hold past its time; drafts stay."""
    for review in lapsed(session).exclude(user=user).only("item_id"):
        with transaction.atomic():
            if lapsed(session).filter(pk=review.pk).update(status=Status.PENDING, lease_until=None):
                Item.objects.move(review.item_id, held=-1)
    transaction.on_commit(lambda: live.tell(session.pk))


def hold(review: Review) -> bool:
    """Prolong the lease, or take it again if it lapsed and there is room; False when the place is lost.

    A finished review can't be lost.
    """
    Reviewer.objects.filter(session=review.session_id, user=review.user_id).update(last_active_at=timezone.now())
    return review.status == Status.COMPLETE or take(review)


@transaction.atomic
def put_back(review: Review) -> None:
    """Let go of a review: somebody else may get the item; the draft stays."""
    held = Review.objects.filter(pk=review.pk, status=Status.IN_PROGRESS)
    if held.update(status=Status.PENDING, lease_until=None):
        Item.objects.move(review.item_id, held=-1)
        review.status, review.lease_until = Status.PENDING, None
        transaction.on_commit(lambda: live.tell(review.session_id))


class Truth(StrEnum):
    """Why there is nothing to do."""

    CLOSED = "closed"
    NOT_OPEN = "not_open"
    NO_ITEMS = "no_items"
    NOT_A_REVIEWER = "not_a_reviewer"
    ALL_DONE = "all_done"  # every item has all its reviews
    HELD_BY_OTHERS = "held_by_others"  # n items, the first of them free again at `until` or sooner
    WAITING_FOR_SECOND_REVIEWS = "waiting_for_second_reviews"  # of n items, all of which the person has finished
    MINE_DONE = "mine_done"  # n items are left, all of which the person has finished or declined


@dataclass(frozen=True)
class Nothing:
    """A truth with its numbers. `done` and `declined` are the person's own."""

    truth: Truth
    n: int = 0
    until: datetime | None = None  # of HELD_BY_OTHERS: when the first lease ends
    at: datetime | None = None  # of CLOSED: since when
    done: int = 0
    declined: int = 0


def why_nothing(session: LabelingSession, user: User) -> Nothing:
    """Say which truth it is that `next_review` has nothing for the person."""
    reviewer = Reviewer.objects.select_related("session").filter(session=session, user=user).first()
    if reviewer is None:
        return Nothing(Truth.NOT_A_REVIEWER)
    nothing = of_session(reviewer.session) or of_others(reviewer)
    return replace(nothing, done=reviewer.n_complete, declined=reviewer.n_declined)


def of_session(session: LabelingSession) -> Nothing | None:
    """Return the truth if it is the same for everybody."""
    if session.state == LabelingSession.State.CLOSED:
        return Nothing(Truth.CLOSED, at=session.closed_at)
    if session.state == LabelingSession.State.DRAFT:
        return Nothing(Truth.NOT_OPEN)
    if not session.n_items:
        return Nothing(Truth.NO_ITEMS)
    if session.n_done == session.n_items:
        return Nothing(Truth.ALL_DONE, n=session.n_items)
    return None


def of_others(reviewer: Reviewer) -> Nothing:
    """Return the truth about what is left: it is others who have to go on."""
    session, user = reviewer.session, reviewer.user
    n_held, until = held_by_others(session, user)
    if n_held:
        return Nothing(Truth.HELD_BY_OTHERS, n=n_held, until=until)
    declined = Review.objects.filter(session=session, user=user, status=Status.DECLINED)
    has_declined = declined.filter(item__n_complete__lt=F("item__needs")).exists()
    truth = Truth.MINE_DONE if has_declined else Truth.WAITING_FOR_SECOND_REVIEWS
    return Nothing(truth, n=session.n_items - session.n_done)


def held_by_others(session: LabelingSession, user: User) -> tuple[int, datetime | None]:
    """Count the items that could come to the person if somebody lets go, and when the first lease ends."""
    finished = Review.objects.filter(~Q(finished_at=None), item=OuterRef("item"), user=user)
    held = Review.objects.filter(~Exists(finished), session=session, status=Status.IN_PROGRESS).exclude(user=user)
    return held.values("item").distinct().count(), held.aggregate(until=Min("lease_until"))["until"]
