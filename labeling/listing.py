"""The items of a session behind a number: filtered, and page by page without counting them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import F, QuerySet
from django.db.models.enums import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from labeling.attention import differing_items, stuck_items
from labeling.models import Answer, Item, LabelingSession, Review, SessionQuestion
from labeling.said import Row, rows_of
from labeling.tallies import answers_in, inputs_of

PAGE = 50  # items
FINISHED = (Review.Status.COMPLETE, Review.Status.DECLINED)
MOST_COUNTED = 1000  # beyond it a page says "more than 1000"


class Show(TextChoices):
    ALL = "", gettext_lazy("All")
    UNFINISHED = "unfinished", gettext_lazy("Unfinished")
    DONE = "done", gettext_lazy("Done")
    DIFFERENT = "different", gettext_lazy("Different answers")
    DECLINED = "declined", gettext_lazy("Declined")
    STUCK = "stuck", gettext_lazy("Nobody left")
    COMMENTS = "comments", gettext_lazy("With comments")


WALKED = (Show.ALL, Show.UNFINISHED, Show.DONE)  # found by walking through the session's items


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items to show. A filter on what is no longer there (a question, a person) finds nothing."""

    show: str = ""
    question: str = ""  # schema id
    value: str = ""  # as a form would send it; only with `question`
    person: str = ""  # user id
    after: int = -1  # position of the last item of the page before

    @classmethod
    def of(cls, query: Mapping[str, str]) -> ItemFilter:
        """Return the filter of a query string; what can't be read is left out."""
        show, person, after = query.get("show", ""), query.get("person", ""), query.get("after", "")
        return cls(
            show=show if show in Show.values else "",
            question=query.get("question", ""),
            value=query.get("value", ""),
            person=person if person.isascii() and len(person) < 19 else "0",  # what a database's integer holds
            after=int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else -1,
        )

    def query(self, **changes: str | int) -> str:
        """Return the query string of this filter with `changes`, from its first page unless `after` is given."""
        names = ("show", "question", "value", "person")
        fields = {name: getattr(self, name) for name in names} | changes
        return urlencode({name: value for name, value in fields.items() if value != ""})


def items_in(session: LabelingSession, by: ItemFilter) -> QuerySet[Item]:
    """Return the items that the filter lets through, by position."""
    items = shown(session, by.show)
    if by.question:
        items = items.filter(pk__in=answered_so(session, by.question, by.value).values("review__item"))
    if by.person:
        reviews = session.reviews.filter(user_id=by.person if by.person.isdecimal() else 0)
        items = items.filter(pk__in=reviews.filter(status__in=FINISHED).values("item"))
    if by.show in WALKED and not (by.question or by.person):
        items = items.filter(session=session)  # elsewhere the ids say it: see labeling/attention.py
    return items.order_by("position")


def shown(session: LabelingSession, show: str) -> QuerySet[Item]:
    match show:
        case Show.UNFINISHED:
            return Item.objects.filter(n_complete__lt=F("needs"))
        case Show.DONE:
            return Item.objects.filter(n_complete__gte=F("needs"))
        case Show.DIFFERENT:
            return differing_items(session)
        case Show.DECLINED:
            declined = session.reviews.filter(status=Review.Status.DECLINED)
            return Item.objects.filter(pk__in=declined.values("item"))
        case Show.STUCK:
            return stuck_items(session)
        case Show.COMMENTS:
            said = answers_in(session).exclude(assessment__rationale="")
            return Item.objects.filter(pk__in=said.values("review__item"))
        case _:
            return Item.objects.all()


def answered_so(session: LabelingSession, schema_id: str, value: str) -> QuerySet[Answer]:
    """Return the answers to a question, or those that chose `value` (among others, where several can be chosen)."""
    answers = answers_in(session).filter(version__schema=schema_id)
    if not value:
        return answers
    inputs = inputs_of(session.questions.filter(schema=schema_id).select_related("schema__current"))
    given = inputs.get(schema_id)
    if given is None:
        return answers.none()
    distinct = answers.values_list("assessment__value", flat=True).order_by().distinct()
    return answers.filter(assessment__value__in=[each for each in distinct if value in given.raw(each)])


def in_words(session: LabelingSession, by: ItemFilter) -> list[str]:
    """Return what the filter asks for beside `show`, each condition in words."""
    words = []
    if by.question:
        question = session.questions.select_related("schema__current").filter(schema=by.question).first()
        words.append(question_in_words(question, by.value) if question else _("a question that is not asked here"))
    if by.person:
        person = User.objects.filter(pk=by.person if by.person.isdecimal() else 0).first()
        words.append(_("finished or declined by %(person)s") % {"person": person or "?"})
    return words


def question_in_words(question: SessionQuestion, value: str) -> str:
    title = question.schema.current.title if question.schema.current else question.schema.name
    if not value:
        return _("“%(question)s” is answered") % {"question": title}
    labels = {option.value: option.label for option in inputs_of([question])[question.schema_id].options}
    return _("“%(question)s” is answered with “%(answer)s”") % {"question": title, "answer": labels.get(value, value)}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of items; `n` is how many the filter finds, None for more than MOST_COUNTED."""

    rows: list[Row]
    n: int | None
    first: str  # query strings of other pages; empty where there is none
    next: str


def page_of(session: LabelingSession, by: ItemFilter) -> Page:
    """Return the page that begins after `by.after`."""
    items = items_in(session, by)
    rows = rows_of(session, items.filter(position__gt=by.after)[: PAGE + 1])
    return Page(
        rows=rows[:PAGE],
        n=count_of(session, by, items),
        first=by.query() if by.after >= 0 else "",
        next=by.query(after=rows[PAGE - 1].item.position) if len(rows) > PAGE else "",
    )


def count_of(session: LabelingSession, by: ItemFilter, items: QuerySet[Item]) -> int | None:
    if not (by.show or by.question or by.person):
        return session.n_items
    n = items.order_by()[: MOST_COUNTED + 1].count()
    return n if n <= MOST_COUNTED else None
