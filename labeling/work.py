"""What waits for a person: how far they are, how much is left, and about how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from accounts.models import User
from labeling.claiming import Nothing, why_nothing
from labeling.models import LabelingSession, Review, Reviewer, SessionQuestion
from labeling.statements.looking_up import find_at_work

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from labeling.statements.looking_up import ReviewerAtWork

Status = Review.Status
ITEM_S = 20  # seconds to read an item, before anybody has finished one
QUESTION_S = 10  # and to answer a question
SEGMENTS = 100  # of the bar


@dataclass(frozen=True)
class Progress:
    """How far a person is; `segments` are as many of done, declined, now and todo, for a bar.

    `total` is what they did and what they may still get, which shrinks as others take part.
    """

    done: int
    declined: int
    total: int
    minutes_left: int | None  # None when nothing is left for them
    segments: list[str]
    active_s: int = 0  # seconds of attention so far

    @property
    def position(self) -> int:
        """Which item the person is at: 7 of 15."""
        return min(self.done + self.declined + 1, self.total)

    @property
    def shapes(self) -> list[tuple[str, str]]:
        """Each kind of segment as one SVG path, 10 wide a segment with its gap: few shapes to draw and to send."""
        places: dict[str, list[str]] = {}
        for place, kind in enumerate(self.segments):
            places.setdefault(kind, []).append(f"M{10 * place} 0h8v6h-8z")
        return [(kind, "".join(paths)) for kind, paths in places.items()]

    @property
    def bar_width(self) -> int:
        return 10 * len(self.segments) or 10

    @property
    def active_minutes(self) -> int:
        return round(self.active_s / 60)


@dataclass(frozen=True)
class Work:
    """A session on a person's home page. `truth` says why there is nothing to do, if so."""

    session: LabelingSession
    done: int
    declined: int
    total: int
    minutes_left: int | None
    truth: Nothing | None


def work_of(user: User) -> list[Work]:
    """Return the person's sessions, open ones first, then the latest.

    Queries: 1, and up to 5 for each session in which nothing is left for them.
    """
    standings = standings_of(user).exclude(session__state=LabelingSession.State.DRAFT)
    work = [work_in(standing) for standing in standings]
    return sorted(work, key=lambda each: not each.session.is_open)


def work_in(standing: Standing) -> Work:
    progress = progress_in(standing)
    is_over = not standing.session.is_open or progress.minutes_left is None
    return Work(
        session=standing.session,
        done=progress.done,
        declined=progress.declined,
        total=progress.total,
        minutes_left=None if is_over else progress.minutes_left,
        truth=why_nothing(standing.session, standing.user) if is_over else None,
    )


def progress_of(session: LabelingSession, user: User, at_work: ReviewerAtWork | None = None) -> Progress:
    """Return how far the person is in the session; `at_work` is their part in it, if it was looked up a moment ago.

    It may be from before they were handed an item: that changes nothing of what is left for them.

    Queries: 1 without `at_work`, and 1 more until their own counters say it all.
    """
    at_work = at_work or find_at_work(session.pk, user.pk)
    if at_work is not None and says_all(at_work):
        return progress_at(at_work, left_of(at_work, n_held=at_work.n_held))
    standing = None if at_work is None else standings_of(user).filter(session=session).first()
    return progress_in(standing) if standing else Progress(0, 0, 0, None, [])


def says_all(reviewer: ReviewerAtWork) -> bool:
    """Whether a person's own counters tell how far they are: mostly, and the page asks after each item."""
    session = reviewer.session
    had_none = session.reviews_per_item is None or (session.reviews_per_item == 1 and not reviewer.n_declined)
    has_pace = reviewer.n_complete > 0 and reviewer.active_s > 0
    return had_none and has_pace and not reviewer.is_time_up


def progress_in(standing: Standing) -> Progress:
    left = left_of(standing, n_held=standing.n_held, n_open_but_had=standing.n_open_but_had)
    if standing.n_complete and standing.active_s:
        return progress_at(standing, left)
    return progress_at(standing, left, pace_s=pace_of_others(standing))


def progress_at(reviewer: Reviewer, left: int, *, pace_s: float | None = None) -> Progress:
    """`left` is how many items are left for them, `pace_s` the seconds that one takes, if not as they know it."""
    done, declined = reviewer.n_complete, reviewer.n_declined
    # Their mean, not their median: many items together take as long as their mean says.
    pace_s = reviewer.active_s / done if pace_s is None else pace_s
    return Progress(
        done=done,
        declined=declined,
        total=done + declined + left,
        minutes_left=max(1, round(left * pace_s / 60)) if left else None,
        segments=segments_of(done, declined, left),
        active_s=reviewer.active_s,
    )


class Counts(TypedDict):
    n_held: int
    n_open_but_had: int
    seconds_of_all: int
    n_complete_of_all: int
    n_questions: int


if TYPE_CHECKING:
    Standing = WithAnnotations[Reviewer, Counts]


def standings_of(user: User) -> QuerySet[Standing]:
    """Return the person's part in each session, with what their counters don't say.

    n_held             items they hold
    n_open_but_had     items still to hand out, but not to them: they hold, finished or declined them
    seconds_of_all     attention of everybody in the session
    n_complete_of_all  for so many finished reviews
    """
    mine = Review.objects.filter(session=OuterRef("session"), user=user)
    had = mine.filter(item__n_held__lt=F("item__needs")).exclude(status=Status.PENDING)
    # Counting what they had takes as long as they have worked; mostly it can be known without.
    needs_no_count = Q(session__reviews_per_item=None) | Q(session__reviews_per_item=1, n_declined=0)
    all_reviewers = Reviewer.objects.filter(session=OuterRef("session"))
    return (
        Reviewer.objects.filter(user=user)
        .select_related("session", "user")
        .annotate(
            n_held=each_session(mine.filter(finished_at=None, status=Status.IN_PROGRESS), Count("pk")),
            n_open_but_had=Case(When(needs_no_count, then=0), default=each_session(had, Count("pk"))),
            seconds_of_all=each_session(all_reviewers, Sum("active_s")),
            n_complete_of_all=each_session(all_reviewers, Sum("n_complete")),
            n_questions=each_session(SessionQuestion.objects.filter(session=OuterRef("session")), Count("pk")),
        )
        .order_by(F("session__opened_at").desc(nulls_last=True), "session")
    )


def each_session(rows: QuerySet, figure: Count | Sum) -> Coalesce:
    return Coalesce(
        Subquery(rows.order_by().values("session").annotate(figure=figure).values("figure"), IntegerField()), 0
    )


def left_of(reviewer: Reviewer, *, n_held: int, n_open_but_had: int = 0) -> int:
    """Count what the person may still get, and what they hold."""
    session = reviewer.session
    if session.reviews_per_item is None:
        return max(0, session.n_items - reviewer.n_complete - reviewer.n_declined)
    return max(0, session.n_open - n_open_but_had) + n_held


def pace_of_others(standing: Standing) -> float:
    """Return everybody's mean in the session, for who has not finished anything; before anybody has, a guess."""
    if standing.n_complete_of_all and standing.seconds_of_all:
        return standing.seconds_of_all / standing.n_complete_of_all
    return ITEM_S + QUESTION_S * standing.n_questions


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
