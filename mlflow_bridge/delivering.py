"""Send what waits in the outbox. Each assessment has one id everywhere, so sending twice makes no double."""

from __future__ import annotations

import logging
from collections import deque
from datetime import datetime, timedelta
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _

from mlflow_bridge.models import Connection, Delivery
from mlflow_bridge.server import Busy, MlflowServer, NotThere, Refused, Unreachable

logger = logging.getLogger(__name__)

AT_ONCE = 200  # deliveries of one round
MOST_FAILURES = 3  # of one server in one round; then the rest waits for the next
PAUSES_S = (1, 2, 5, 10, 30, 60, 120, 300)  # after the first, second … attempt; the last one from then on
PATIENCE = timedelta(hours=24)  # with a trace that is not there
BEFORE_TURN = timedelta(seconds=2)  # an application's clock may be a little behind ours


def deliver_due() -> int:
    """Send what is due, server by server; return how many arrived. A dead server holds up nobody else's."""
    due = list(Delivery.objects.due(timezone.now())[:AT_ONCE])
    due.sort(key=lambda delivery: (delivery.connection_id, delivery.pk))
    return sum(deliver_to(group[0].connection, group) for group in grouped(due))


def grouped(due: list[Delivery]) -> list[list[Delivery]]:
    return [list(group) for _key, group in groupby(due, key=lambda delivery: delivery.connection_id)]


def deliver_to(connection: Connection, deliveries: list[Delivery]) -> int:
    """Send to one server; when it does not answer, the rest waits as well."""
    n_sent = n_failed = 0
    left = deque(deliveries)
    try:
        with MlflowServer(connection) as server:
            while left and n_failed < MOST_FAILURES:
                try:
                    n_sent += attempt(server, left[0])
                except Busy as error:  # perhaps it is this one that the server can't take
                    n_failed += 1
                    connection.note_error(str(error))
                    wait(left[0], str(error))
                left.popleft()
    except (Unreachable, Refused) as error:
        connection.note_error(str(error))
        for delivery in left:
            wait(delivery, str(error))
    if n_sent:
        connection.note_delivery()
    return n_sent


def attempt(server: MlflowServer, delivery: Delivery) -> bool:
    """Send one; True when it arrived. Raises: Unreachable, as then the next ones need not be tried; Busy."""
    try:
        trace_id = delivery.remote_trace_id or place_of(server, delivery)
        if delivery.deed == Delivery.Deed.RETRACT:
            server.retract_assessment(trace_id, delivery.assessment_id)
        else:
            server.write_assessment(trace_id, delivery.assessment)
    except NotThere:
        wait_for_trace(delivery)
    except Refused as error:
        give_up(delivery, str(error))
        server.connection.note_error(str(error))
    else:
        delivery.remote_trace_id = trace_id
        delivery.state, delivery.sent_at, delivery.error = Delivery.State.SENT, timezone.now(), ""
        delivery.save(update_fields=["state", "sent_at", "error", "remote_trace_id"])
        return True
    return False


def place_of(server: MlflowServer, delivery: Delivery) -> str:
    """Return the id of the application's trace: as it said itself, else as found by session and time.

    Raises: NotThere.
    """
    turn = delivery.turn
    if turn is None:
        return delivery.assessment.trace_id
    if turn.own_trace_id:
        return turn.own_trace_id
    until = (turn.ended_at or timezone.now()) + BEFORE_TURN
    session = str(turn.conversation_id)
    found = server.traces_of_session(session, since=turn.started_at - BEFORE_TURN, until=until)
    if not found and turn.conversation.endpoint.sends_traceparent:
        return delivery.assessment.trace_id  # then its trace has the id of ours
    if not found:
        raise NotThere(_("No trace of this conversation is there yet."))
    return found[-1]


def wait_for_trace(delivery: Delivery) -> None:
    """Traces appear seconds after their answer: wait with patience, then say that it never came."""
    if timezone.now() - delivery.created_at > PATIENCE:
        give_up(delivery, _("The trace never came to the server."))
    else:
        wait(delivery, _("The trace is not on the server yet."))


def wait(delivery: Delivery, error: str) -> None:
    pause_s = PAUSES_S[min(delivery.attempts, len(PAUSES_S) - 1)]
    delivery.attempts += 1
    delivery.next_at, delivery.error = later(pause_s), error
    delivery.save(update_fields=["attempts", "next_at", "error"])


def later(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def give_up(delivery: Delivery, error: str) -> None:
    logger.warning("Delivery %s to %s is given up: %s", delivery.pk, delivery.connection, error)
    delivery.state, delivery.error = Delivery.State.GIVEN_UP, error
    delivery.save(update_fields=["state", "error"])


def try_again(connection: Connection) -> int:
    """Let what was given up, and what waits, be tried now; return how many."""
    undone = connection.deliveries.exclude(state=Delivery.State.SENT)
    return undone.update(state=Delivery.State.WAITING, attempts=0, next_at=timezone.now(), created_at=timezone.now())
