"""Send what waits in the outbox. Each assessment has one id everywhere, so sending twice makes no double.

A round takes what is due for a while, so that no other worker sends the same, asks and tells the server trace by trace
in several threads, and notes what came of it. How one assessment is brought there stands in `reconciling`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mlflow_bridge.models import Connection, Delivery
from mlflow_bridge.pulling.models import PulledTrace
from mlflow_bridge.reconciling import Arrived, Conflict, Outcome, Parcel, bring_there
from mlflow_bridge.server import Busy, MlflowServer, NotThere, Refused, ServerError, Unreachable
from traces.models import Assessment

logger = logging.getLogger(__name__)

State = Delivery.State
AT_ONCE = 200  # deliveries of one round
IN_FLIGHT = 4  # traces at a time
TAKEN = timedelta(minutes=2)  # for a round; a worker that died leaves it after that
LONGEST_S = 30  # of one server in one round, which others wait for
MOST_FAILURES = 3  # of one server in one round; then the rest waits for the next
PAUSES_S = (1, 2, 5, 10, 30, 60, 120, 300)  # after the first, second … attempt; the last one from then on
PATIENCE = timedelta(hours=24)  # with a trace that is not there


def deliver_due() -> int:
    """Send what is due, server by server; return how many arrived. A dead server holds up nobody else's."""
    parcels = taken()
    parcels.sort(key=lambda parcel: (parcel.delivery.connection_id, parcel.delivery.subject, *order_of(parcel)))
    by_connection = groupby(parcels, key=lambda parcel: parcel.delivery.connection_id)
    return sum(deliver_to(some[0].delivery.connection, some) for some in ([*group] for _key, group in by_connection))


def taken() -> list[Parcel]:
    """Take what is due: all that waits of a trace, so that it goes in order, with a note that it may have arrived."""
    now = timezone.now()
    with transaction.atomic():
        due = Delivery.objects.due(now).order_by("next_at", "pk").values_list("connection", "subject")
        subjects = set(due[:AT_ONCE])
        if not subjects:
            return []
        waiting = Delivery.objects.due(now).filter(
            connection__in={each for each, _subject in subjects}, subject__in={each for _pk, each in subjects}
        )
        held = waiting.select_for_update(of=("self",), skip_locked=True).select_related(
            "connection", "assessment", "turn__conversation__endpoint"
        )
        mine = [each for each in held.order_by("pk") if (each.connection_id, each.subject) in subjects]
        Delivery.objects.filter(pk__in=[each.pk for each in mine]).update(was_tried=True, next_at=now + TAKEN)
    return [*parcels_of(mine)]


def parcels_of(deliveries: list[Delivery]) -> Iterator[Parcel]:
    """Queries: 2."""
    said = [each.assessment for each in deliveries]
    replaced = set(Assessment.objects.filter(overrides__in=said).values_list("overrides", flat=True))
    below = Delivery.objects.filter(assessment__in=[each.overrides_id for each in said if each.overrides_id])
    ids = {(each.connection_id, each.assessment_id): each.remote_id for each in below}
    for each in deliveries:
        one = each.assessment
        is_gone = one.deleted_at is not None or (not one.valid and one.pk not in replaced)
        under = one.overrides_id or ""
        yield Parcel(each, is_gone, ids.get((each.connection_id, under)) or under)


def order_of(parcel: Parcel) -> tuple[object, ...]:
    """What is taken away goes first, as that may revive another one; then what was said first."""
    said = parcel.delivery.assessment
    return (not parcel.is_gone, said.created_at, said.pk)


def deliver_to(connection: Connection, parcels: list[Parcel]) -> int:
    """Send to one server; when it does not answer, the rest waits as well."""
    n_sent = 0
    error: ServerError | None = None
    traces = [[*group] for _subject, group in groupby(parcels, key=lambda parcel: parcel.delivery.subject)]
    try:
        with MlflowServer(connection) as server, ThreadPoolExecutor(IN_FLIGHT) as pool:
            round_ = Round(server)
            for outcomes in pool.map(round_.send, traces):
                for delivery, outcome in outcomes:
                    n_sent += note(delivery, outcome)
            error = round_.last_error
    except Refused as refused:
        error = refused
        for parcel in parcels:
            wait(parcel.delivery, str(error))
    look_again(connection, parcels)
    if error:
        connection.note_error(str(error))
    elif n_sent:
        connection.note_delivery()
    return n_sent


def look_again(connection: Connection, parcels: list[Parcel]) -> None:
    """Let the next look at these traces there compare what stands there with what was sent."""
    traces = {parcel.delivery.subject for parcel in parcels}
    PulledTrace.objects.filter(connection=connection, trace__in=traces).exclude(digest="").update(digest="")


Sent = tuple[Delivery, Outcome | ServerError | None]


class Round:
    """What goes to one server at a time. Its threads only ask and tell the server."""

    def __init__(self, server: MlflowServer) -> None:
        self.server = server
        self.until = time.monotonic() + LONGEST_S
        self.n_failed = 0
        self.stopped: ServerError | None = None
        self.last_error: ServerError | None = None

    def send(self, parcels: list[Parcel]) -> list[Sent]:
        """Send what is said of one trace, in order; what follows one that could not be sent waits with it."""
        came: list[Sent] = []
        held_up: ServerError | None = None
        for parcel in parcels:
            if time.monotonic() > self.until:
                came.append((parcel.delivery, None))
                continue
            outcome = self.stopped or held_up or self.attempt(parcel)
            if isinstance(outcome, Unreachable | Busy | NotThere):
                held_up = outcome
            came.append((parcel.delivery, outcome))
        return came

    def attempt(self, parcel: Parcel) -> Outcome | ServerError:
        try:
            return bring_there(self.server, parcel)
        except NotThere as error:
            return error
        except ServerError as error:
            self.last_error = error
            self.n_failed += isinstance(error, Busy)  # perhaps it is this one that the server can't take
            if isinstance(error, Unreachable) or self.n_failed >= MOST_FAILURES:
                self.stopped = error
            return error


def note(delivery: Delivery, outcome: Outcome | ServerError | None) -> bool:
    """Write down what came of it; True when it arrived. What was changed meanwhile goes once more.

    outcome   None: its turn did not come
    """
    match outcome:
        case None:
            Delivery.objects.filter(pk=delivery.pk).update(next_at=timezone.now())
        case Arrived():
            arrived(delivery, outcome)
            return True
        case Conflict():
            conflict = {"state": State.CONFLICT, "error": outcome.words, "theirs": outcome.theirs}
            Delivery.objects.filter(pk=delivery.pk, change=delivery.change).update(**conflict)
        case NotThere():
            wait_for_trace(delivery)
        case Refused():
            give_up(delivery, str(outcome))
        case _:
            wait(delivery, str(outcome))
    return False


def arrived(delivery: Delivery, outcome: Arrived) -> None:
    now = timezone.now()
    there = {"digest": outcome.digest, "remote_trace_id": outcome.trace_id, "remote_id": outcome.remote_id,
             "sent_at": now, "is_forced": False}  # fmt: skip
    row = Delivery.objects.filter(pk=delivery.pk)
    done = {"state": State.SENT, "error": outcome.remark, "theirs": None, "attempts": delivery.attempts + 1}
    if not row.filter(change=delivery.change).update(**there, **done):
        row.update(**there, next_at=now)


def wait_for_trace(delivery: Delivery) -> None:
    """Traces appear seconds after their answer: wait with patience, then say that it never came."""
    if delivery.turn_id is None:
        give_up(delivery, _("The trace is not on the server any more."))
    elif timezone.now() - delivery.created_at > PATIENCE:
        give_up(delivery, _("The trace never came to the server."))
    else:
        wait(delivery, _("The trace is not on the server yet."))


def wait(delivery: Delivery, error: str) -> None:
    pause_s = PAUSES_S[min(delivery.attempts, len(PAUSES_S) - 1)]
    Delivery.objects.filter(pk=delivery.pk).update(attempts=delivery.attempts + 1, error=error, next_at=later(pause_s))


def later(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def give_up(delivery: Delivery, error: str) -> None:
    logger.warning("Delivery %s to %s is given up: %s", delivery.pk, delivery.connection, error)
    given_up = {"state": State.GIVEN_UP, "error": error}
    Delivery.objects.filter(pk=delivery.pk, change=delivery.change).update(**given_up)


def try_again(connection: Connection) -> int:
    """Let what was given up, and what waits, be tried now; return how many."""
    now = timezone.now()
    undone = connection.deliveries.filter(state__in=(State.WAITING, State.GIVEN_UP))
    return undone.update(state=State.WAITING, attempts=0, next_at=now, created_at=now)
