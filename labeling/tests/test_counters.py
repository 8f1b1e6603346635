"""Whatever people do, in whatever order, the counters are what the rows say."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from labeling.claiming import hold, next_review, put_back, why_nothing
from labeling.models import LabelingSession, QuestionSpec, Review
from labeling.recording import GivenAnswer, RecordingError, complete, decline, save_draft, undo
from labeling.tests.conftest import lapse
from labeling.tests.counting import assert_answers_are_true, assert_counters_are_true
from labeling.work import progress_of, work_of


class Story:
    """People at work in a session, at random but the same for the same seed."""

    def __init__(self, session: LabelingSession, people: list[User], make_traces, seed: int) -> None:
        self.session, self.people, self.make_traces = session, people, make_traces
        self.random = random.Random(seed)  # noqa: S311

    def step(self) -> None:
        deeds = [self.take] * 6 + [self.finish] * 8 + [self.decline, self.undo, self.undo, self.put_back, self.hold]
        deeds += [self.lapse, self.save, self.change_people, self.change_needs, self.add, self.remove, self.shut]
        deeds += [self.revise]
        with suppress(RecordingError, ValidationError):  # refused, and so nothing may have changed
            self.random.choice(deeds)()

    def person(self) -> User:
        return self.random.choice(self.people)

    def review(self) -> Review | None:
        """Any review of somebody who is in the session: nobody else comes past the look-up."""
        theirs = self.session.reviews.filter(user__in=self.session.people.all())
        pks = list(theirs.order_by("item__position", "user").values_list("pk", flat=True))
        return Review.objects.select_related("item", "session").get(pk=self.random.choice(pks)) if pks else None

    def answers(self) -> list[GivenAnswer]:
        questions = list(self.session.questions.select_related("schema__current"))
        chosen = self.random.sample(questions, self.random.randint(0, len(questions)))
        return [GivenAnswer(each, each.schema.current, self.random.choice([True, False, "x"])) for each in chosen]

    def take(self) -> None:
        user = self.person()
        review = next_review(self.session, user)
        if review is None:
            why_nothing(self.session, user)
        else:
            assert review.is_held
            assert self.session.reviews.filter(item=review.item_id, user=user).count() == 1

    def finish(self) -> None:
        if review := self.review():
            complete(review, self.answers(), active_s=self.random.randint(0, 90))

    def decline(self) -> None:
        if review := self.review():
            decline(review, reason=self.random.choice(Review.Reason.values))

    def undo(self) -> None:
        if review := self.review():
            undo(review)

    def put_back(self) -> None:
        if review := self.review():
            put_back(review)

    def hold(self) -> None:
        if review := self.review():
            assert hold(review) or Review.objects.get(pk=review.pk).status in {"pending", "declined"}

    def lapse(self) -> None:
        for review in self.session.reviews.filter(status="in_progress"):
            if self.random.random() < 0.5:
                lapse(review)

    def save(self) -> None:
        if review := self.review():
            save_draft(review, {"q": self.random.random()}, active_s=self.random.randint(0, 90))

    def change_people(self) -> None:
        self.session.set_reviewers(self.random.sample(self.people, self.random.randint(1, len(self.people))))

    def change_needs(self) -> None:
        self.session.set_reviews_per_item(self.random.choice([1, 2, 3, None]))

    def add(self) -> None:
        assert self.session.add_traces(self.make_traces(1)) == 1

    def remove(self) -> None:
        self.session.remove_traces([item.trace for item in self.session.items.select_related("trace")[:2]])

    def shut(self) -> None:
        self.session.close()
        if review := self.review():
            with pytest.raises(RecordingError):
                complete(review, self.answers(), active_s=1)
        assert next_review(self.session, self.person()) is None
        self.session.reopen()

    def revise(self) -> None:
        question = self.session.questions.select_related("schema").first()
        if question:
            question.schema.revise(title=f"Is it correct? {self.random.random()}")
            self.session.set_questions([QuestionSpec(each.schema) for each in self.session.questions.all()])


@pytest.mark.parametrize("reviews_per_item", [1, 2, None])
@pytest.mark.parametrize("seed", range(2))
def test_counters_are_true_after_every_deed(
    make_session, make_traces, alice, bob, charlie, dana, reviews_per_item, seed
):
    people = [alice, bob, charlie, dana]
    session = make_session(*people, items=6, reviews_per_item=reviews_per_item)
    story = Story(session, people, make_traces, seed)
    for _ in range(60):
        story.step()
        assert_counters_are_true(session)
    assert_answers_are_true(session)
    assert session.reviews.filter(status="complete").exists()  # the story went somewhere
    for user in people:
        progress = progress_of(session, user)
        assert progress.total >= progress.done + progress.declined
        assert len(progress.segments) == min(progress.total, 100)
        assert len(work_of(user)) == session.reviewers.filter(user=user).count()
