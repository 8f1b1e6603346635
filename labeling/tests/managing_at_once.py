"""Managers change a session while people label it; prints what came of it, as JSON.

usage: python -m labeling.tests.managing_at_once PEOPLE ROUNDS

Run by test_at_once.py in a process of its own, with DATABASE_URL set to a migrated database.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle

from labeling.tests.at_once import in_request, make_session  # isort: skip  # sets Django up

from accounts.models import User
from labeling.claiming import next_review
from labeling.models import LabelingSession
from labeling.recording import GivenAnswer, LeaseLost, complete, decline, undo
from labeling.tests.counting import assert_answers_are_true, assert_counters_are_true
from traces.models import Trace


def label(session: LabelingSession, user: User, rounds: int) -> None:
    """Finish, take back, decline and take back again, as long as there is something."""
    question = in_request(session.questions.select_related("schema__current").get)
    answers = [GivenAnswer(question, question.schema.current, True)]
    for _ in range(rounds):
        review = in_request(next_review, session, user)
        if review is None:
            continue
        try:
            in_request(complete, review, answers, active_s=1)
            in_request(undo, review)
            in_request(decline, review, reason="other")
            in_request(undo, review)
            in_request(complete, review, answers, active_s=1)
        except LeaseLost:
            pass  # the rule went down meanwhile


def change_rule(session: LabelingSession, rounds: int) -> None:
    for _, n in zip(range(rounds), cycle([2, 1, None]), strict=False):
        in_request(LabelingSession.objects.get(pk=session.pk).set_reviews_per_item, n)


def change_people(session: LabelingSession, people: list[User], rounds: int) -> None:
    for turn in range(rounds):
        staying = people if turn % 2 else people[len(people) // 2 :]
        in_request(LabelingSession.objects.get(pk=session.pk).set_reviewers, staying)


def add_traces(session: LabelingSession, rounds: int) -> None:
    for _ in range(rounds):
        id_ = f"tr-{time.time_ns():032x}"
        trace = Trace.objects.create(trace_id=id_, experiment=session.experiment, request_time=datetime.now(UTC))
        in_request(LabelingSession.objects.get(pk=session.pk).add_traces, [trace])


def all_at_once(deeds: list[Callable[[], None]]) -> list[str]:
    errors: list[str] = []

    def do(deed: Callable[[], None]) -> None:
        try:
            deed()
        except Exception:  # noqa: BLE001  # whatever somebody would have seen as an error
            errors.append(traceback.format_exc())

    threads = [threading.Thread(target=do, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def main(n_people: int, rounds: int) -> None:
    session = make_session(n_people, 10, 1)
    people = list(session.people.all())
    errors = all_at_once(
        [
            *(lambda user=user: label(session, user, rounds) for user in people),
            lambda: change_rule(session, rounds),
            lambda: change_people(session, people, rounds),
            lambda: add_traces(session, rounds),
            lambda: add_traces(session, rounds),
        ]
    )
    if not errors:
        LabelingSession.objects.get(pk=session.pk).set_reviewers(people)
        assert_counters_are_true(session)
        assert_answers_are_true(session)
    positions = list(session.items.values_list("position", flat=True))
    json.dump({"errors": errors, "positions_twice": len(positions) - len(set(positions))}, sys.stdout)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
