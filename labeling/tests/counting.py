"""Are the counters what the rows say?"""

from __future__ import annotations

from collections import Counter

from labeling.models import LabelingSession
from traces.models import Assessment


def assert_counters_are_true(session: LabelingSession) -> None:
    session.refresh_from_db()
    items = list(session.items.all())
    reviews = list(session.reviews.all())
    held = Counter(review.item_id for review in reviews if review.status in {"in_progress", "complete"})
    complete = Counter(review.item_id for review in reviews if review.status == "complete")
    people = {reviewer.user_id: reviewer for reviewer in session.reviewers.all()}

    for item in items:
        assert (item.n_held, item.n_complete) == (held[item.pk], complete[item.pk])
        assert item.n_held <= item.needs
        if session.reviews_per_item is not None:
            assert item.needs == max(session.reviews_per_item, item.n_held)
        else:
            former = [r for r in reviews if r.item_id == item.pk and r.status == "complete" and r.user_id not in people]
            assert item.needs == max(1, len(people)) + len(former)
    assert session.n_items == len(items)
    assert session.n_open == sum(item.n_held < item.needs for item in items)
    assert session.n_done == sum(item.n_complete >= item.needs for item in items)

    for user_id, reviewer in people.items():
        mine = [review for review in reviews if review.user_id == user_id]
        assert reviewer.n_complete == sum(review.status == "complete" for review in mine)
        assert reviewer.n_declined == sum(review.status == "declined" for review in mine)
        assert reviewer.active_s == sum(review.active_s for review in mine if review.status == "complete")

    for review in reviews:
        assert (review.finished_at is not None) == (review.status in {"complete", "declined"})
        assert (review.lease_until is not None) == (review.status == "in_progress")


def assert_answers_are_true(session: LabelingSession) -> None:
    """Every answer is valid, of a finished review, by its own author; every other assessment is not valid."""
    valid = set()
    for review in session.reviews.select_related("user").prefetch_related("answers__assessment", "answers__version"):
        answers = list(review.answers.all())
        assert review.status == "complete" or not answers
        assert len({answer.version.schema_id for answer in answers}) == len(answers)
        for answer in answers:
            valid.add(answer.assessment_id)
            assert answer.assessment.valid
            assert answer.assessment.source_id == review.user.email
            assert answer.assessment.metadata["reviewapp.review"] == str(review.pk)
    ours = [each for each in Assessment.objects.all() if each.metadata.get("reviewapp.session") == str(session.pk)]
    assert {each.pk for each in ours if each.valid} == valid
