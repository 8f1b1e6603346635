"""What waits for a person: how far they are, how much is left, and about how long it takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce, RowNumber

from accounts.models import User
from labeling.claiming import Nothing, why_nothing
from labeling.models import LabelingSession, Review, Reviewer, SessionQuestion

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

Status = Review.Status
LATELY = 25  # finished reviews that tell a person's pace
ITEM_S = 20  # seconds to read an item, before anybody has finished one
QUESTION_S = 10  # and to answer a question
SEGMENTS = 100  # of the bar


@dataclass(frozen=True)
class Work:
    """A session on a person's home page. `truth` says why there is nothing to do, if so."""

    session: LabelingSession
    done: int
    declined: int
    total: int
    minutes_left: int | None  # None when nothing is left for them
    truth: Nothing | None


@dataclass(frozen=True)
class Progress:
    """How far a person is; `segments` are as many of done, declined, now and todo, for a bar."""

    done: int
    declined: int
    total: int
    minutes_left: int | None
    segments: list[str]
    active_s: int = 0  # seconds of attention so far

    @property
    def position(self) -> int:
        """Which item the person is at: 7 of 15."""
        return min(self.done + self.declined + 1, self.total)

    @property
    def bar_width(self) -> int:
        return 10 * len(self.segments) or 10

    @property
    def active_minutes(self) -> int:
        return round(self.active_s / 60)


def work_of(user: User) -> list[Work]:
    """Return the person's sessions, open ones first, then the latest.

    Queries: 4, and up to 6 for each open session in which nothing is left for them.
    """
    standings = list(standings_of(user).exclude(session__state=LabelingSession.State.DRAFT))
    paces = paces_of(user, [each.session for each in standings])
    work = []
    for each in standings:
        left = left_of(each)
        is_over = not each.session.is_open or not left
        work.append(
            Work(
                session=each.session,
                done=each.n_complete,
                declined=each.n_declined,
                total=each.n_complete + each.n_declined + left,
                minutes_left=None if is_over else minutes_of(left, paces[each.session_id]),
                truth=why_nothing(each.session, user) if is_over else None,
            )
        )
    return sorted(work, key=lambda each: not each.session.is_open)


def progress_of(session: LabelingSession, user: User) -> Progress:
    """Return how far the person is in the session.

    Queries: 2, 4 before they have finished anything.
    """
    standing = standings_of(user).filter(session=session).first()
    if standing is None:
        return Progress(0, 0, 0, None, [])
    left = left_of(standing)
    done, declined = standing.n_complete, standing.n_declined
    pace = paces_of(user, [standing.session])[session.pk]
    return Progress(
        done=done,
        declined=declined,
        total=done + declined + left,
        minutes_left=minutes_of(left, pace) if left else None,
        segments=segments_of(done, declined, left),
        active_s=standing.active_s,
    )


class Counts(TypedDict):
    n_held: int
    n_open_but_had: int


def standings_of(user: User) -> QuerySet[WithAnnotations[Reviewer, Counts]]:
    """Return the person's part in each session, with what their counters don't say.

    n_held          items they hold
    n_open_but_had  items still to hand out, but not to them: they hold, finished or declined them
    """
    mine = Review.objects.filter(session=OuterRef("session"), user=user)
    return (
        Reviewer.objects.filter(user=user)
        .select_related("session")
        .annotate(
            n_held=counted(mine.filter(finished_at=None, status=Status.IN_PROGRESS)),
            n_open_but_had=counted(mine.filter(item__n_held__lt=F("item__needs")).exclude(status=Status.PENDING)),
        )
        .order_by("-session__opened_at", "-session__created_at")
    )


def counted(reviews: QuerySet[Review]) -> Coalesce:
    n = reviews.order_by().values("session").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(n, output_field=IntegerField()), 0)


def left_of(standing: WithAnnotations[Reviewer, Counts]) -> int:
    """Count what the person may still get, and what they hold."""
    session = standing.session
    if session.reviews_per_item is None:
        return max(0, session.n_items - standing.n_complete - standing.n_declined)
    return max(0, session.n_open - standing.n_open_but_had) + standing.n_held


def paces_of(user: User, sessions: Iterable[LabelingSession]) -> dict[UUID, float]:
    """Return the seconds of attention an item takes the person, by session.

    Their own median lately; before they have finished anything, everybody's mean in the session;
    before anybody has, a guess from the number of questions.
    """
    wanted = {session.pk for session in sessions}
    paces = own_paces(user, wanted)
    if wanted - paces.keys():
        paces = guesses(wanted - paces.keys()) | paces
    return paces


def own_paces(user: User, sessions: Collection[UUID]) -> dict[UUID, float]:
    nth = Window(RowNumber(), partition_by="session", order_by="-handed_out_at")
    finished = Review.objects.filter(session__in=sessions, user=user, status=Status.COMPLETE, active_s__gt=0)
    lately = finished.annotate(nth=nth).filter(nth__lte=LATELY).order_by()
    seconds: dict[UUID, list[int]] = defaultdict(list)
    for session_id, active_s in lately.values_list("session_id", "active_s"):
        seconds[session_id].append(active_s)
    return {session_id: median(each) for session_id, each in seconds.items()}


def guesses(sessions: Collection[UUID]) -> dict[UUID, float]:
    counted = LabelingSession.objects.filter(pk__in=sessions).annotate(
        seconds=Coalesce(Sum("reviewers__active_s"), 0), n=Coalesce(Sum("reviewers__n_complete"), 0)
    )
    questions = dict(
        SessionQuestion.objects.filter(session__in=sessions).order_by().values_list("session").annotate(n=Count("pk"))
    )
    return {
        each.pk: each.seconds / each.n if each.n and each.seconds else ITEM_S + QUESTION_S * questions.get(each.pk, 0)
        for each in counted
    }


def minutes_of(left: int, pace_s: float) -> int:
    return max(1, round(left * pace_s / 60))


def segments_of(done: int, declined: int, left: int) -> list[str]:
    """Share the bar's segments out: what is done and declined, the one that is being done, the rest."""
    total = done + declined + left
    if not total:
        return []
    n = min(total, SEGMENTS)
    n_over = (done + declined) * n // total
    n_declined = min(n_over, -(-declined * n // total))  # rounded up, so that it can be seen
    n_now = min(1, n - n_over) if left else 0
    return (
        ["done"] * (n_over - n_declined) + ["declined"] * n_declined + ["now"] * n_now + ["todo"] * (n - n_over - n_now)
    )
