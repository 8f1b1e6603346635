"""Many people label one session at the same moment; prints what came of it, as JSON.

usage: python -m labeling.tests.at_once threads|processes PEOPLE ITEMS REVIEWS_PER_ITEM|all

Run by test_at_once.py in a process of its own, with DATABASE_URL set to a migrated database.
Everybody first takes one item and holds it, so that all stand at the same items; then they go on
until there is nothing left for them.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from queue import Empty
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
django.setup()

from django.db import connection, connections  # noqa: E402

from accounts.models import User  # noqa: E402
from labeling.claiming import Truth, next_review, why_nothing  # noqa: E402
from labeling.models import LabelingSession, LabelSchema, QuestionSpec, Review  # noqa: E402
from labeling.recording import GivenAnswer, complete  # noqa: E402
from labeling.tests.counting import assert_answers_are_true, assert_counters_are_true  # noqa: E402
from traces.models import Assessment, Experiment, Trace  # noqa: E402

GIVE_UP_AFTER_S = 60
LOOK_AGAIN_AFTER_S = 1


def make_session(n_people: int, n_items: int, reviews_per_item: int | None) -> LabelingSession:
    experiment = Experiment.objects.create(name=f"at once {time.time_ns()}")
    traces = [
        Trace(trace_id=f"tr-{time.time_ns():032x}", experiment=experiment, request_time=datetime.now(UTC))
        for _ in range(n_items)
    ]
    Trace.objects.bulk_create(traces)
    schema = LabelSchema.objects.ask(
        experiment=experiment, name="good", type="feedback", title="Good?", input={"pass_fail": {}}
    )
    people = [User.objects.create_user(f"{time.time_ns()}@example.org") for _ in range(n_people)]
    session = LabelingSession.objects.create(
        experiment=experiment, name="At once", reviews_per_item=reviews_per_item, lease_s=600
    )
    session.add_traces(traces)
    session.set_questions([QuestionSpec(schema)])
    session.set_reviewers(people)
    session.open()
    return session


def label_all(session: LabelingSession, user: User, everybody, report: Callable[[str], None]) -> None:
    """Do all there is for one person."""
    try:
        question = in_request(session.questions.select_related("schema__current").get)
        answers = [GivenAnswer(question, question.schema.current, True)]
        everybody.wait(GIVE_UP_AFTER_S)
        review = in_request(next_review, session, user)
        everybody.wait(GIVE_UP_AFTER_S)
        while review or in_request(why_nothing, session, user).truth == Truth.HELD_BY_OTHERS:
            if review:
                in_request(complete, review, answers, active_s=1)
            else:
                time.sleep(LOOK_AGAIN_AFTER_S)
            review = in_request(next_review, session, user)
    except Exception:  # noqa: BLE001  # whatever a person would have seen as an error
        report(traceback.format_exc())
        everybody.abort()


def in_request(deed: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Like a request, take a connection from the pool and give it back; a process keeps its own."""
    try:
        return deed(*args, **kwargs)
    finally:
        if connection.vendor == "postgresql":
            connection.close()


def in_threads(session: LabelingSession, people: list[User]) -> list[str]:
    errors: list[str] = []
    everybody = threading.Barrier(len(people))
    threads = [threading.Thread(target=label_all, args=(session, user, everybody, errors.append)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def in_processes(session: LabelingSession, people: list[User]) -> list[str]:
    fork = multiprocessing.get_context("fork")
    connections.close_all()
    queue, everybody = fork.Queue(), fork.Barrier(len(people))
    processes = [fork.Process(target=label_all, args=(session, user, everybody, queue.put)) for user in people]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    errors = [f"a process ended with {process.exitcode}" for process in processes if process.exitcode]
    try:
        while True:
            errors.append(queue.get(timeout=0.1))
    except Empty:
        return errors


def main(way: str, n_people: str, n_items: str, needs: str) -> None:
    reviews_per_item = None if needs == "all" else int(needs)
    session = make_session(int(n_people), int(n_items), reviews_per_item)
    people = list(session.people.all())
    started = time.monotonic()
    errors = (in_threads if way == "threads" else in_processes)(session, people)
    duration_s = time.monotonic() - started
    assert_counters_are_true(session)
    assert_answers_are_true(session)
    finished = Review.objects.filter(session=session, status="complete")
    pairs = list(finished.values_list("item", "user"))
    told = {
        "errors": errors,
        "duration_s": round(duration_s, 2),
        "reviews": Review.objects.filter(session=session).count(),
        "finished": len(pairs),
        "twice": len(pairs) - len(set(pairs)),
        "by_item": sorted(item.n_complete for item in session.items.all()),
        "by_person": sorted(reviewer.n_complete for reviewer in session.reviewers.all()),
        "assessments": Assessment.objects.filter(trace__items__session=session, valid=True).count(),
        "done": session.n_done,
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
