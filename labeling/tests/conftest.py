"""A session to review in: 5 traces, alice and bob in it, two questions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from accounts.models import User
from labeling.models import Item, LabelingSession, LabelSchema, QuestionSpec, Review
from traces.models import Experiment, Trace

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def new_postgres() -> Iterator[Callable[[], str]]:
    """Return a function: the URL of a new, empty database on PostgreSQL."""
    server = os.environ.get("TEST_POSTGRES_URL")
    assert server, (
        "This test needs PostgreSQL: run it by `make test`, or by `scripts/with-services .venv/bin/pytest …`."
    )
    made = []

    def make() -> str:
        name = f"test_{uuid4().hex}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        made.append(name)
        return urlsplit(server)._replace(path=f"/{name}").geturl()

    yield make
    with psycopg.connect(server, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def claims(db) -> Experiment:
    return Experiment.objects.create(name="claims")


@pytest.fixture
def make_traces(claims) -> Callable[[int], list[Trace]]:
    """Return a function: n more traces."""

    def make(n: int) -> list[Trace]:
        first = Trace.objects.count() + 1
        return Trace.objects.bulk_create(
            Trace(
                trace_id=f"tr-{number:032x}",
                experiment=claims,
                state="OK",
                request_time=START + timedelta(minutes=number),
                request_preview=f"Question {number}",
                response_preview=f"Answer {number}",
            )
            for number in range(first, first + n)
        )

    return make


@pytest.fixture
def correct(claims) -> LabelSchema:
    return LabelSchema.objects.ask(
        experiment=claims,
        name="correct",
        type="feedback",
        title="Is the answer correct?",
        input={"pass_fail": {"positive_label": "Correct", "negative_label": "Incorrect"}},
        enable_comment=True,
    )


@pytest.fixture
def ideal(claims) -> LabelSchema:
    return LabelSchema.objects.ask(
        experiment=claims,
        name="expected_response",
        type="expectation",
        title="The ideal answer",
        input={"text": {"max_length": 4000}},
    )


@pytest.fixture
def make_session(claims, make_traces, correct, ideal, mallory) -> Callable[..., LabelingSession]:
    """Return a function: an open session of `items` traces, reviewed by `people`."""

    def make(*people: User, items: int = 5, reviews_per_item: int | None = 1, is_open: bool = True) -> LabelingSession:
        session = LabelingSession.objects.create(
            experiment=claims, name="Claims, March", reviews_per_item=reviews_per_item, created_by=mallory
        )
        session.add_traces(make_traces(items))
        session.set_questions([QuestionSpec(correct, is_required=True), QuestionSpec(ideal)])
        session.set_reviewers(people)
        if is_open:
            session.open()
        return session

    return make


@pytest.fixture
def session(make_session, alice, bob) -> LabelingSession:
    return make_session(alice, bob)


def lapse(review: Review) -> None:
    """Let the lease end now."""
    Review.objects.filter(pk=review.pk).update(lease_until=datetime.now(UTC) - timedelta(seconds=1))


def item_of(review: Review) -> Item:
    return Item.objects.get(pk=review.item_id)
