"""Who answers in a session: whom one can add, and how much work it is for each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.urls import reverse

from accounts.models import User
from accounts.sign_in_links import sign_in_link
from labeling.models import AwaitedReviewer, LabelingSession
from labeling.selecting import MOST, Selection
from traces.search import FilterError

SUGGESTED = 8  # people shown at once
MINUTES_AN_ITEM = 1  # a guess, said as one, until people's own pace is known


@dataclass(frozen=True)
class Workload:
    n_items: int
    reviews_per_item: int
    n_people: int

    @property
    def n_reviews(self) -> int:
        return self.n_items * self.reviews_per_item

    @property
    def n_each(self) -> int:
        return math.ceil(self.n_reviews / self.n_people)

    @property
    def minutes_each(self) -> int:
        return self.n_each * MINUTES_AN_ITEM


def workload_of(session: LabelingSession, *, n_people: int) -> Workload | None:
    """Return what each person will have to do; None as long as nobody can say."""
    n_items = session.n_items
    if session.state == LabelingSession.State.DRAFT:
        try:
            n_items += Selection.of(session).size_of(session)
        except FilterError:
            return None
    per_item = n_people if session.reviews_per_item is None else session.reviews_per_item
    if not n_items or n_items > MOST or not n_people or per_item > n_people:
        return None
    return Workload(n_items, per_item, n_people)


def people_to_add(session: LabelingSession, search: str) -> list[User]:
    """Return some active people who are not in the session, by name or e-mail."""
    return people_by(search, without=User.objects.filter(pk__in=session.reviewers.values("user_id")))


def people_by(search: str, *, without: QuerySet[User]) -> list[User]:
    """Return some active people by name or e-mail."""
    people = User.objects.filter(is_active=True).exclude(pk__in=without.values("pk"))
    for word in search.split()[:5]:
        people = people.filter(Q(name__icontains=word) | Q(email__icontains=word))
    return list(people.order_by("name", "email")[:SUGGESTED])


@transaction.atomic
def invite(session: LabelingSession, *, email: str, name: str) -> User:
    """Add the person with this e-mail, made as an expert if there is none."""
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)
    session.change_reviewers(adding=[user])
    return user


def link_for(user: User, session: LabelingSession) -> str:
    """Return an invited person's sign-in link into the session; "" when they have their own way in."""
    return sign_in_link(user, leads_to=reverse("labeling:review", args=[session.pk])) if user.signs_in_by_link else ""


@transaction.atomic
def staff(session: LabelingSession, emails: Sequence[str]) -> None:
    """Let the people with these addresses review, and no others; who has no account yet is awaited."""
    users = list(User.objects.filter(email__in=emails))
    session.set_reviewers(sorted(users, key=lambda user: emails.index(user.email)))
    nobodys = [email for email in emails if email not in {user.email for user in users}]
    session.awaited.exclude(email__in=nobodys).delete()
    awaited = [AwaitedReviewer(session=session, email=email) for email in nobodys]
    AwaitedReviewer.objects.bulk_create(awaited, ignore_conflicts=True)
    transaction.on_commit(lambda: let_in(nobodys))  # whoever got an account at this moment


@receiver(post_save, sender=User)
def welcome(instance: User, created: bool, **_: Any) -> None:
    """Let somebody who just got an account into the sessions that await them."""
    if created:
        transaction.on_commit(lambda: let_in([instance.email]))


@transaction.atomic
def let_in(emails: Sequence[str]) -> None:
    """Let those in who are awaited by one of these addresses, and have an account now."""
    for user in User.objects.filter(email__in=emails):
        awaited = AwaitedReviewer.objects.filter(email=user.email)
        for session in LabelingSession.objects.filter(awaited__in=awaited):
            session.change_reviewers(adding=[user])
        awaited.delete()


def dismiss(session: LabelingSession, email: str) -> None:
    """Take out the person with this address, who may be awaited only."""
    session.awaited.filter(email=email).delete()
    session.change_reviewers(removing=session.people.filter(email=email))
