"""Take what an end user said; put it on its trace, now or when that comes.

Two moments could miss each other: a trace is committed while feedback for it is being written. So what finds no
trace is committed as waiting and looks once more; a trace that arrives looks for what waits after its own commit.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from reviewapp.lib.columns import fetch
from reviewapp.lib.periodic import periodic
from traces.announcing import Arrival, on_arrival
from traces.feedback.assessing import assess
from traces.feedback.message import Message
from traces.feedback.models import KEPT_FOR, WAITS_FOR, EndUserFeedback, EndUserFeedbackQuerySet, PublishableKey
from traces.models import Trace
from traces.redaction.door import masked_words

State = EndUserFeedback.State

MOST_WAITING = 20_000  # of one experiment
LATELY = timedelta(minutes=5)
AT_ONCE = 500  # joined, expired or forgotten in one go
# Asked whenever a trace comes, so by hand.
ANY_WAITS = "SELECT 1 FROM traces_enduserfeedback WHERE state = 'waiting' AND expires_at > %(now)s LIMIT 1"


class TooManyWaiting(Exception):
    """More feedback waits for traces than anybody will miss: somebody is making it up."""


def receive(key: PublishableKey, message: Message) -> EndUserFeedback:
    """Keep it and return its receipt; a resend returns the first one's. Raises: TooManyWaiting."""
    idempotency_key = message.idempotency_key or uuid.uuid4().hex
    earlier = EndUserFeedback.objects.filter(experiment_id=key.experiment_id, idempotency_key=idempotency_key)
    if receipt := earlier.first():
        return receipt
    message = masked(key, message)
    now = timezone.now()
    feedback = EndUserFeedback(
        key=key, experiment_id=key.experiment_id, idempotency_key=idempotency_key, trace_ref=message.trace_id,
        client_request_id=message.client_request_id, content=message.content(), received_at=now,
        expires_at=now + WAITS_FOR,
    )  # fmt: skip
    if trace_of(feedback) is None:
        check_room(key)
    try:
        with transaction.atomic():
            feedback.save(force_insert=True)
            join(feedback)
            key.note_use()
    except IntegrityError:  # the same one, twice at a time
        return earlier.get()
    if feedback.state == State.WAITING:
        join_waiting(feedback)
    return feedback


def masked(key: PublishableKey, message: Message) -> Message:
    """Mask what was written; who it was stays, as it tells whose earlier words these replace."""
    written = {name: getattr(message, name) for name in ("comment", "correction", "categories", "page")}
    return replace(message, **masked_words(key.experiment, written))


def check_room(key: PublishableKey) -> None:
    waiting = EndUserFeedback.objects.waiting().filter(experiment_id=key.experiment_id)
    if waiting.values("pk")[:MOST_WAITING].count() >= MOST_WAITING:
        raise TooManyWaiting


def trace_of(feedback: EndUserFeedback) -> Trace | None:
    """Return the trace it is about; another experiment's does not exist for it."""
    traces = Trace.objects.filter(experiment_id=feedback.experiment_id)
    if feedback.trace_ref:
        return traces.filter(pk=feedback.trace_ref).first()
    # The exclusion is what lets the database use its partial index.
    named = traces.filter(client_request_id=feedback.client_request_id).exclude(client_request_id="")
    return named.order_by("-request_time", "-trace_id").first()


def join(feedback: EndUserFeedback) -> bool:
    """Put it on its trace, if that is there and nobody else has done so; to be called in a transaction."""
    trace = trace_of(feedback)
    if trace is None:
        return False
    mine = EndUserFeedback.objects.not_joined().filter(pk=feedback.pk)
    if not mine.update(state=State.JOINED, trace=trace, content={}):
        return False
    assess(feedback, trace, Message.of_content(feedback.content))
    feedback.state, feedback.trace, feedback.content = State.JOINED, trace, {}
    return True


def join_waiting(feedback: EndUserFeedback) -> bool:
    with transaction.atomic():
        return join(feedback)


@on_arrival
def join_arrived(arrivals: Sequence[Arrival]) -> None:
    """Put what waited on the traces that came. Queries: 1 while nothing waits."""
    if not fetch(ANY_WAITS, now=timezone.now()):
        return
    waiting = EndUserFeedback.objects.waiting()
    ids = [each.trace_id for each in arrivals]
    named = Trace.objects.filter(pk__in=ids).exclude(client_request_id="").values_list("client_request_id", flat=True)
    join_all(waiting.filter(trace_ref__in=ids))
    if names := list(named):
        join_all(waiting.filter(client_request_id__in=names))


def join_all(found: Iterable[EndUserFeedback]) -> int:
    """Put what can be on its trace, the oldest first, so that the last word of a person is the valid one."""
    ordered = sorted(found, key=lambda each: (each.received_at, each.pk))
    return sum(join_waiting(each) for each in ordered)


def look_again(feedback: EndUserFeedbackQuerySet) -> int:
    """Look for the traces of what waits or has expired; return how many were found."""
    return join_all(feedback.not_joined().select_related("key").order_by("-received_at")[:AT_ONCE])


@periodic(every=timedelta(minutes=1))
def sweep() -> None:
    """Say of what waited too long that it expired, and forget what is old.

    What came lately is looked at again: a process may have died between its two looks.
    """
    lately = timezone.now() - LATELY
    join_all(EndUserFeedback.objects.waiting().filter(received_at__gt=lately).select_related("key")[:AT_ONCE])
    overdue = EndUserFeedback.objects.overdue().values("pk")[:AT_ONCE]
    EndUserFeedback.objects.filter(pk__in=list(overdue.values_list("pk", flat=True))).update(state=State.EXPIRED)
    old = EndUserFeedback.objects.filter(received_at__lt=timezone.now() - KEPT_FOR).exclude(state=State.WAITING)
    EndUserFeedback.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:AT_ONCE])).delete()
