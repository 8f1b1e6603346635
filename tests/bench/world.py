"""What the benchmarks work on: captured traces many times over, three questions, and people.

Everything is the same in every run: ids count up, nothing is drawn at random.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import django
from django.core.management import call_command

django.setup()

from django.utils import timezone  # noqa: E402  (needs the settings)

from accounts.models import Role, User  # noqa: E402
from labeling.models import LabelingSession, LabelSchema, QuestionSpec  # noqa: E402
from traces.ingest.incoming import IncomingSpan  # noqa: E402
from traces.ingest.storing import store_spans  # noqa: E402
from traces.models import Experiment, Trace  # noqa: E402
from traces.tests.corpus_files import spans_of  # noqa: E402

CAPTURED = ("oi-langchain-tax-rag", "oi-langchain-stream-deposit", "oi-openaiagents-chat")  # about 10 spans, 20 KB
# Questions and answers begin with these: no two traces ask and answer the same, though all are instructed the same.
BEGINNINGS = (
    "I worked 140 days", "You can claim two", "My landlord keeps", "Partly. The deposit", "What's the balance",
    "Your savings account",
)  # fmt: skip
TRACES_AT_ONCE = 100  # of one write
GUIDELINES = "Judge the answer, not the question.\n\n- **Correct** means: a colleague could send it as it is.\n" * 4


@dataclass(frozen=True)
class World:
    session: LabelingSession
    manager: User
    experts: list[User]
    questions: list[LabelSchema]

    def answers(self, number: int) -> dict[str, str]:
        """What the form of the review page sends as answers to the three questions."""
        correct, kind, ideal = (schema.pk for schema in self.questions)
        return {
            f"answer-{correct}": "true" if number % 3 else "false",
            f"comment-{correct}": f"As the policy says in section {number}.",
            f"answer-{kind}": "Complete" if number % 2 else "Too long",
            f"answer-{ideal}": f"The cost of finding the leak is covered up to EUR {number}.",
        } | {f"version-{schema.pk}": "1" for schema in self.questions}


def migrated() -> None:
    call_command("migrate", verbosity=0)


def make_world(*, n_traces: int, n_experts: int) -> World:
    experiment = Experiment.objects.create(name="bench")
    traces = make_traces(experiment, n_traces)
    manager = User.objects.create_user("manager@example.org", name="Mara Lind", role=Role.MANAGER)
    experts = [User.objects.create_user(f"expert{n}@example.org", name=f"Expert {n}") for n in range(n_experts)]
    questions = ask_three(experiment)
    session = LabelingSession.objects.create(
        experiment=experiment, name="Claims, March", instructions=GUIDELINES, created_by=manager
    )
    session.add_traces(traces)
    session.set_questions([QuestionSpec(schema, is_required=schema is questions[0]) for schema in questions])
    session.set_reviewers(experts)
    session.reviewers.update(guidelines_read_at=timezone.now())
    session.open()
    return World(session, manager, experts, questions)


def ask_three(experiment: Experiment) -> list[LabelSchema]:
    questions: list[dict[str, Any]] = [
        {"name": "correct", "title": "Is the answer correct?", "input": {"pass_fail": {}}, "enable_comment": True},
        {
            "name": "kind",
            "title": "How complete is it?",
            "input": {"categorical": {"options": ["Complete", "Partly", "Too long", "Beside the point"]}},
        },
        {"name": "ideal", "title": "What would you have said?", "input": {"text": {"max_length": 4000}}},
    ]
    return [LabelSchema.objects.ask(experiment=experiment, type="feedback", **words) for words in questions]


def make_traces(experiment: Experiment, n: int) -> list[Trace]:
    captured = [spans_of(name) for name in CAPTURED]
    ids: list[str] = []
    for first in range(1, n + 1, TRACES_AT_ONCE):
        numbers = range(first, min(first + TRACES_AT_ONCE, n + 1))
        spans = [span for number in numbers for span in copied(captured[number % len(captured)], number)]
        ids += store_spans(experiment, spans).trace_ids
    return sorted(Trace.objects.filter(pk__in=ids).only("pk"), key=lambda trace: trace.pk)


def copied(spans: list[IncomingSpan], number: int) -> Iterator[IncomingSpan]:
    """Yield a trace's spans as those of another trace, a minute per number later, in words of its own."""
    later = number * int(timedelta(minutes=1).total_seconds() * 1e9)
    for span in spans:
        end = None if span.end_time_ns is None else span.end_time_ns + later
        attributes = json.dumps(span.attributes)
        for beginning in BEGINNINGS:
            attributes = attributes.replace(beginning, f"Case {number}: {beginning}")
        yield replace(
            span,
            trace_id=f"{number:032x}",
            start_time_ns=span.start_time_ns + later,
            end_time_ns=end,
            attributes=json.loads(attributes),
        )
