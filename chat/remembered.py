"""The list of conversations: found by words, grouped by day, with what was judged of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.access import conversations_for, readable_conversations_for
from chat.models import Conversation, Judgement, Turn

MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is to show. `everybody`: others' conversations too, for who may read them."""

    words: str = ""
    archived: bool = False
    everybody: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    conversations: list[Conversation]  # with n_answers and n_judged


def listed(user: User, wanted: Wanted) -> list[Group]:
    """Return the newest conversations in groups by day. Queries: 1."""
    found = found_for(user, wanted).annotate(n_answers=n_answers(), n_judged=n_judged(user))[:MOST_LISTED]
    return list(grouped(found, timezone.localdate()))


def found_for(user: User, wanted: Wanted) -> QuerySet[Conversation]:
    """Return the conversations with at least one message, newest first."""
    asked = Turn.objects.filter(conversation=OuterRef("pk"))
    if wanted.everybody and user.reads_traces:
        conversations = readable_conversations_for(user).filter(is_listed=True)
    else:
        conversations = conversations_for(user)
    conversations = conversations.filter(Exists(asked), archived_at__isnull=not wanted.archived)
    for word in wanted.words.split():
        said = asked.filter(Q(message__icontains=word) | Q(text__icontains=word))
        conversations = conversations.filter(Q(title__icontains=word) | Exists(said))
    return conversations.order_by("-updated_at")


def n_answers() -> Coalesce:
    answered = Turn.objects.filter(conversation=OuterRef("pk")).exclude(text="").exclude(state=Turn.State.RUNNING)
    return counted(answered.values("conversation").annotate(n=Count("pk")))


def n_judged(user: User) -> Coalesce:
    said = Judgement.objects.filter(turn__conversation=OuterRef("pk"), user=user, assessment__valid=True)
    per_conversation = said.values(talk=F("turn__conversation"))
    return counted(per_conversation.annotate(n=Count("turn", distinct=True)))


def counted(counts: QuerySet) -> Coalesce:
    return Coalesce(Subquery(counts.values("n"), output_field=IntegerField()), 0)


def grouped(conversations: QuerySet[Conversation], today: date) -> Iterator[Group]:
    named = groupby(conversations, key=lambda each: day_in_words(timezone.localdate(each.updated_at), today))
    for name, group in named:
        yield Group(name, list(group))


def day_in_words(day: date, today: date) -> str:
    if day >= today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    monday = today - timedelta(days=today.weekday())
    if day >= monday:
        return _("This week")
    if day >= monday - timedelta(days=7):
        return _("Last week")
    return formats.date_format(day, "YEAR_MONTH_FORMAT")
