"""Reviews that a program reports: who finished or declined an item, said from outside the review page.

What the person said on the trace before, in assessments named like the session's questions, are their answers.

ReportError
├── AtWork         the person holds the item on the review page at this moment
└── HasItsReviews  the item has all its reviews; it has to be reopened first
"""

from __future__ import annotations

from collections.abc import Container

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from labeling.answers import AskedQuestion, GivenAnswer, metadata_of, take_back
from labeling.claiming import put_back
from labeling.models import Answer, Item, Review
from labeling.questionnaire import Questionnaire, version_of
from labeling.recording import LeaseLost, complete, decline, undo
from labeling.reviewing import questions_of
from traces.models import Assessment

Status = Review.Status


class ReportError(Exception):
    """Something that a program can be told."""


class AtWork(ReportError):
    pass


class HasItsReviews(ReportError):
    pass


@transaction.atomic
def report_complete(item: Item, user: User, *, by: User) -> None:
    """Finish an item for the person; on one that they finished, it only takes up what they said since.

    Raises: AtWork, HasItsReviews, SessionNotOpen; then nothing is changed.
    """
    review = review_of(item, user, by=by)
    said = said_outside(review)
    if review.status != Status.COMPLETE:
        try:
            complete(review, typed_before(review, besides=said), active_s=review.active_s)
        except LeaseLost as error:
            raise HasItsReviews from error
    for given, assessment in said.values():
        adopt(review, given, assessment)


@transaction.atomic
def report_declined(item: Item, user: User, *, by: User) -> None:
    """Say that the person can't judge it. Raises: AtWork, HasItsReviews, SessionNotOpen; then nothing is changed."""
    review = review_of(item, user, by=by)
    if item.is_done and review.status != Status.COMPLETE:
        raise HasItsReviews
    decline(review, reason=Review.Reason.OTHER)


@transaction.atomic
def reopen(item: Item, *, only: User | None = None) -> None:
    """Let everybody who finished or declined it, or one of them, do it again; what they said is their draft then.

    Raises: SessionNotOpen.
    """
    finished = item.reviews.filter(status__in=[Status.COMPLETE, Status.DECLINED]).order_by("status", "pk")
    if only is not None:
        finished = finished.filter(user=only)
    for review in finished.select_related("session", "item", "user"):
        undo(review)
        put_back(review)


def review_of(item: Item, user: User, *, by: User) -> Review:
    """Return the person's review of the item, made if they have none; it need not be held. Raises: AtWork."""
    new = {"session": item.session, "status": Status.PENDING}
    review, _is_new = Review.objects.get_or_create(item=item, user=user, defaults=new)
    review.item, review.session, review.user = item, item.session, user
    if review.is_held and user != by:
        raise AtWork
    return review


def said_outside(review: Review) -> dict[str, tuple[GivenAnswer, Assessment]]:
    """Return the person's own latest word to each question, by schema: what fits, and is newer than the answer."""
    asked = {each.schema.assessment_name: each for each in questions_of(review.session)}
    answered = {
        each.version.schema_id: each.assessment.created_at
        for each in review.answers.select_related("version", "assessment")
    }
    own = Assessment.objects.filter(
        trace=review.item.trace_id, name__in=asked, source_type=Assessment.SourceType.HUMAN,
        source_id__iexact=review.user.email, span_id="", valid=True, deleted_at=None, answer=None,
    )  # fmt: skip
    found = {}
    for assessment in own.order_by("created_at", "pk"):
        question = asked[assessment.name]
        before = answered.get(question.schema_id)
        if fits(question, assessment) and (before is None or before < assessment.created_at):
            given = GivenAnswer(question, version_of(question), assessment.value, assessment.rationale)
            found[question.schema_id] = given, assessment
    return found


def fits(question: AskedQuestion, assessment: Assessment) -> bool:
    """Whether the value is one that the question's input gives; the order of a list does not matter."""
    (field,) = Questionnaire([question]).fields
    field.raw = field.input.raw(assessment.value)
    field.check(is_final=False)
    same = field.value == assessment.value
    if isinstance(field.value, list) and isinstance(assessment.value, list):
        same = sorted(field.value) == sorted(assessment.value, key=str)
    return question.schema.type == assessment.kind and field.value is not None and same


def typed_before(review: Review, *, besides: Container[str]) -> list[GivenAnswer]:
    """Return what is in the review's draft and can be said, but of the schemas `besides`."""
    form = Questionnaire(questions_of(review.session), draft=review.draft)
    form.is_valid(is_final=False)
    return [each for each in form.answers() if each.question.schema_id not in besides]


def adopt(review: Review, given: GivenAnswer, assessment: Assessment) -> None:
    """Make an assessment the review's answer; it overrides the one that the review had."""
    old = list(review.answers.filter(version__schema=given.question.schema_id).select_related("assessment"))
    take_back(old, timezone.now())
    assessment.metadata = {**assessment.metadata, **metadata_of(review, given)}
    if old and assessment.overrides_id is None:
        assessment.overrides = old[0].assessment
    assessment.save(update_fields=["metadata", "overrides"])
    Answer.objects.create(review=review, version=given.version, assessment=assessment)
