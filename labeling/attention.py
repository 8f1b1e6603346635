"""What needs whoever runs sessions. Counted over people, reviews and answers, never over all items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from labeling.models import Item, LabelingSession, Review, Reviewer
from labeling.tallies import answers_in, inputs_of


@dataclass(frozen=True, slots=True)
class Needs:
    """A session, and what waits for a manager in it."""

    session: LabelingSession
    n_not_started: int
    n_stuck: int

    @property
    def width(self) -> int:
        """What is done, in thousandths, for drawing."""
        return round(1000 * self.session.n_done / self.session.n_items) if self.session.n_items else 0


def needs_of(sessions: Iterable[LabelingSession]) -> list[Needs]:
    """Return each session with what it needs. Queries: 2."""
    sessions = list(sessions)
    at_work = [each.pk for each in sessions if each.is_open]
    idle = not_started(Reviewer.objects.filter(session__in=at_work))
    n_idle = dict(idle.order_by().values_list("session").annotate(n=Count("pk")))
    n_stuck: Counter[UUID] = Counter(stuck_in(at_work).values_list("session", flat=True))
    return [Needs(each, n_idle.get(each.pk, 0), n_stuck[each.pk]) for each in sessions]


def not_started(reviewers: QuerySet[Reviewer]) -> QuerySet[Reviewer]:
    return reviewers.filter(n_complete=0, n_declined=0, last_active_at=None)


def stuck_in(sessions: Collection[UUID]) -> QuerySet[Review, dict[str, Any]]:
    """Return the session and item of each item that nobody is left for.

    Everybody in the session finished or declined it, and it still lacks reviews.
    """
    n_people = Reviewer.objects.filter(session=OuterRef("session")).order_by().values("session").annotate(n=Count("pk"))
    return (
        Review.objects.filter(
            session__in=sessions, status=Review.Status.DECLINED, item__n_complete__lt=F("item__needs")
        )
        .order_by()
        .values("session", "item")
        .annotate(n_declined=Count("pk"))
        .filter(n_declined__gte=Subquery(n_people.values("n")) - F("item__n_complete"))
    )


# The items below are looked up by their ids alone, which are few: naming the session too would make
# SQLite walk through all of its items.


def stuck_items(session: LabelingSession) -> QuerySet[Item]:
    return Item.objects.filter(pk__in=stuck_in([session.pk]).values("item"))


def differing_items(session: LabelingSession, *, on: Collection[str] | None = None) -> QuerySet[Item]:
    """Return the items on which people gave different answers to the same question.

    `on` are schema ids; without it, all questions that offer options: texts and numbers are rarely the same.
    """
    different = (
        answers_in(session)
        .filter(version__schema__in=with_options(session) if on is None else on)
        .order_by()
        .values("version__schema", "review__item")
        .annotate(things=Count("assessment__value", distinct=True))
        .filter(things__gt=1)
    )
    return Item.objects.filter(pk__in=different.values("review__item"))


def with_options(session: LabelingSession) -> list[str]:
    """Return the questions that offer options, by their schemas' ids, in the session's order."""
    inputs = inputs_of(session.questions.select_related("schema__current"))
    return [schema for schema, each in inputs.items() if each.options]
