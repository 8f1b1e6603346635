"""A session at a glance, for whoever runs it. Bounded by people, questions and answers, not by items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from labeling.attention import differing_items, stuck_items, with_options
from labeling.models import Answer, LabelingSession, Reviewer
from labeling.pace import done_about, median_s
from labeling.said import Row, rows_of
from labeling.tallies import Tally, answers_in, main_of, tallies_of

N_NEEDING = 4  # of each kind, before "all of them"
N_COMMENTS = 5
ACTIVE_NOW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Person:
    """A reviewer and how far they are. `goal` is null where people share a pool: nobody has a part of their own."""

    reviewer: Reviewer
    goal: int | None
    n_items: int

    @property
    def has_started(self) -> bool:
        reviewer = self.reviewer
        return bool(reviewer.n_complete or reviewer.n_declined or reviewer.last_active_at)

    @property
    def is_active_now(self) -> bool:
        at = self.reviewer.last_active_at
        return at is not None and timezone.now() - at < ACTIVE_NOW

    @property
    def width(self) -> int:
        """The finished part in thousandths, for drawing."""
        return min(1000, round(1000 * self.reviewer.n_complete / self.n_items)) if self.n_items else 0


@dataclass(frozen=True, slots=True)
class Overview:
    session: LabelingSession
    people: list[Person]
    awaited: list[str]  # addresses that have no account yet
    tallies: list[Tally]
    median_s: int | None
    done_about: datetime | None
    n_stuck: int
    stuck: list[Row]
    n_different: int
    different: list[Row]
    comments: list[Answer]

    @property
    def main(self) -> Tally | None:
        return main_of(self.tallies)

    @property
    def n_finished(self) -> int:
        return sum(person.reviewer.n_complete for person in self.people)

    @property
    def n_declined(self) -> int:
        return sum(person.reviewer.n_declined for person in self.people)

    @property
    def is_shared(self) -> bool:
        """Whether an item can get more than one answer."""
        return self.session.reviews_per_item != 1

    @property
    def done_in_days(self) -> int | None:
        if self.done_about is None:
            return None
        return (timezone.localdate(self.done_about) - timezone.localdate()).days


def overview_of(session: LabelingSession) -> Overview:
    """Return everything the dashboard shows. Queries: about 25, whatever the number of items."""
    people = people_of(session)
    n_finished = sum(person.reviewer.n_complete for person in people)
    stuck = stuck_items(session)
    different = differing_items(session)
    return Overview(
        session=session,
        people=people,
        awaited=list(session.awaited.values_list("email", flat=True)),
        tallies=tallies_of(session),
        median_s=median_s(session),
        done_about=done_about(session, missing=n_needed(session, len(people)) - n_finished),
        n_stuck=stuck.count(),
        stuck=rows_of(session, stuck.order_by("position")[:N_NEEDING]),
        n_different=different.count(),
        different=worst(session),
        comments=latest_comments(session),
    )


def worst(session: LabelingSession) -> list[Row]:
    """Return items with different answers, those to an earlier question first."""
    rows: list[Row] = []
    for schema in with_options(session):
        items = differing_items(session, on=[schema]).exclude(pk__in=[row.item.pk for row in rows])
        rows += rows_of(session, items.order_by("position")[: N_NEEDING - len(rows)])
        if len(rows) == N_NEEDING:
            break
    return rows


def people_of(session: LabelingSession) -> list[Person]:
    reviewers = list(session.reviewers.select_related("user"))
    per_item = session.reviews_per_item
    everybody_does_all = per_item is None or per_item >= len(reviewers)
    goal = session.n_items if everybody_does_all else None
    return [Person(reviewer, goal, session.n_items) for reviewer in reviewers]


def n_needed(session: LabelingSession, n_people: int) -> int:
    """Return how many reviews make the session done."""
    return session.n_items * (n_people if session.reviews_per_item is None else session.reviews_per_item)


def latest_comments(session: LabelingSession) -> list[Answer]:
    said = answers_in(session).exclude(assessment__rationale="").order_by("-id")
    return list(said.select_related("assessment", "version", "review__user", "review__item__trace")[:N_COMMENTS])
