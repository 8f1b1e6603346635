"""Answers for questions that have none: each becomes an item of a labeling session as soon as it is there.

Resumable: what is to be done stands in the rows. A question without a turn was not asked yet; one
whose turn failed, broke off or was lost with a process is asked again when somebody says "Go on".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts.models import User
from chat import keeping, turns
from chat.linking import own_trace_of
from chat.models import Batch, BatchQuestion, Conversation, Endpoint, Turn
from chat.questions_file import Question
from labeling.models import LabelingSession
from traces.announcing import announce_assessed
from traces.models import Assessment, Trace

FAILED = (Turn.State.FAILED, Turn.State.CUT_OFF, Turn.State.INTERRUPTED, Turn.State.STOPPED)
ANSWERED = (Turn.State.COMPLETE, Turn.State.UNMARKED)


@transaction.atomic
def begin(
    session: LabelingSession,
    endpoint: Endpoint,
    questions: Iterable[Question],
    *,
    by: User,
    custom_inputs: dict[str, Any] | None = None,
) -> Batch:
    batch = Batch.objects.create(session=session, endpoint=endpoint, created_by=by, custom_inputs=custom_inputs)
    BatchQuestion.objects.bulk_create(
        BatchQuestion(batch=batch, position=position, messages=each.messages, expectations=each.expectations)
        for position, each in enumerate(questions, start=1)
    )
    return batch


@dataclass(frozen=True, slots=True)
class Progress:
    n: int
    n_answered: int
    n_failed: int
    n_running: int

    @property
    def n_waiting(self) -> int:
        return self.n - self.n_answered - self.n_failed - self.n_running

    @property
    def n_over(self) -> int:
        return self.n_answered + self.n_failed

    # For drawing, in thousandths.

    @property
    def width_answered(self) -> int:
        return round(1000 * self.n_answered / self.n) if self.n else 0

    @property
    def width_failed(self) -> int:
        return round(1000 * self.n_failed / self.n) if self.n else 0


def progress_of(batch: Batch) -> Progress:
    """Count the questions; one that a process took with it waits again."""
    rows = batch.questions.values_list("turn__state", "turn__heartbeat_at")
    n = Counter(state for state, seen_at in rows if state != Turn.State.RUNNING or seen_at >= keeping.lost_before())
    n_answered, n_failed = (sum(n[state] for state in states) for states in (ANSWERED, FAILED))
    return Progress(len(rows), n_answered, n_failed, n[Turn.State.RUNNING])


def to_ask(batch_id: UUID) -> QuerySet[BatchQuestion]:
    """Return the questions that were not asked yet, or not answered."""
    return BatchQuestion.objects.filter(Q(turn=None) | Q(turn__state__in=FAILED), batch=batch_id).order_by("position")


def settle_lost(batch: Batch) -> None:
    """Let go of what a process took with it, so that it can be asked again."""
    turns.settle_lost(Turn.objects.filter(batch_question__batch=batch, state=Turn.State.RUNNING))


@transaction.atomic
def retry(question: BatchQuestion) -> Turn:
    """Ask one question once more, unless it is being answered or was. Raises: chat.turns.TurnRefused."""
    locked = BatchQuestion.objects.select_for_update(of=("self",)).select_related("turn").get(pk=question.pk)
    if locked.turn is None or locked.turn.state not in FAILED:
        raise turns.TurnRefused(_("This question needs no other try."))
    locked.turn = ask_again(locked)
    locked.save(update_fields=["turn"])
    return locked.turn


@transaction.atomic
def ask_next(batch_id: UUID, tried: Collection[int]) -> tuple[int, UUID] | None:
    """Ask the next question that is not among those `tried`, and return its id and its turn's; None at the end.

    Raises: chat.turns.TurnRefused, when the endpoint can't be asked any more.
    """
    question = to_ask(batch_id).exclude(pk__in=tried).select_for_update(of=("self",), skip_locked=True).first()
    if question is None:
        return None
    turn = ask_again(question) if question.turn_id else ask_first(question)
    question.turn = turn
    question.save(update_fields=["turn"])
    return question.pk, turn.pk


def ask_first(question: BatchQuestion) -> Turn:
    """Make the conversation that the question stands in, with what was said before it, and ask."""
    batch = Batch.objects.select_related("endpoint", "created_by").get(pk=question.batch_id)
    *before, last = question.messages
    talk = Conversation.objects.create(
        endpoint=batch.endpoint, user=batch.created_by, is_listed=False, custom_inputs=batch.custom_inputs,
        title=Truncator(last["content"]).chars(80),
    )  # fmt: skip
    parent = None
    for asked, said in zip(before[::2], before[1::2], strict=True):
        parent = told(talk, parent, asked["content"], said["content"])
    return turns.ask(talk, turn_id=uuid4(), message=last["content"], parent=parent)


def ask_again(question: BatchQuestion) -> Turn:
    old = Turn.objects.select_related("conversation__endpoint", "conversation__user").get(batch_question=question)
    return turns.again(old, turn_id=uuid4())


def told(talk: Conversation, parent: Turn | None, message: str, text: str) -> Turn:
    """Put what came with a question, and was not said here, before it."""
    then = timezone.now() - timedelta(seconds=1)
    return Turn.objects.create(
        conversation=talk, parent=parent, message=message, text=text, state=Turn.State.COMPLETE, started_at=then,
        ended_at=then,
    )  # fmt: skip


def is_answered(turn_id: UUID) -> bool:
    return Turn.objects.filter(pk=turn_id, state__in=ANSWERED).exists()


def failed_of(batch: Batch) -> QuerySet[BatchQuestion]:
    """Return the questions that were asked in vain."""
    failed = batch.questions.filter(turn__state__in=FAILED).select_related("turn__conversation__endpoint")
    return failed.order_by("position")


@transaction.atomic
def deliver(turn: Turn) -> None:
    """Make an item of an answer that is recorded, and say what was expected of it. Twice is as good as once."""
    question = BatchQuestion.objects.select_related("batch__session", "batch__created_by").filter(turn=turn).first()
    if question is None or turn.trace is None or turn.state not in ANSWERED:
        return
    question.batch.session.add_traces([turn.trace])
    for trace in (turn.trace, own_trace_of(turn)):
        if trace is not None:
            expect(question, trace)


def expect(question: BatchQuestion, trace: Trace) -> None:
    """Say what was expected, what was not said before."""
    of_batch = {"metadata__reviewapp.batch": str(question.batch_id)}
    said = set(trace.assessments.filter(**of_batch).values_list("name", flat=True))
    new = [(name, value) for name, value in question.expectations.items() if name not in said]
    made = Assessment.objects.bulk_create(expectation(question, trace, name, value) for name, value in new)
    announce_assessed([each.pk for each in made])


def expectation(question: BatchQuestion, trace: Trace, name: str, value: object) -> Assessment:
    return Assessment(
        trace=trace, kind=Assessment.Kind.EXPECTATION, name=name, value=value,
        source_type=Assessment.SourceType.HUMAN, source_id=question.batch.created_by.email,
        metadata={"reviewapp.batch": str(question.batch_id), "reviewapp.position": str(question.position)},
    )  # fmt: skip
