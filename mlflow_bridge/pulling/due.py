"""Whose turn it is to be pulled from. The worker asks; of a connection there is one turn at a time."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from mlflow_bridge.models import Connection
from mlflow_bridge.pulling.pull import GoesOn, pull
from mlflow_bridge.server import ServerError

logger = logging.getLogger(__name__)

HELD = timedelta(minutes=5)  # a turn, and again with each step; a worker that died leaves it after that
LONGEST = timedelta(minutes=10)  # then the turn ends by itself, and the next one goes on


def due() -> list[Connection]:
    return list(
        Connection.objects.filter(is_on=True, pulls=True, pull_due_at__lte=timezone.now()).order_by("pull_due_at")
    )


def take_turn(connection: Connection, goes_on: GoesOn = lambda: True) -> int:
    """Pull once, unless somebody else is at it; return how many traces came or changed. Errors are noted in words."""
    if not connection.hold_pull(timezone.now() + HELD):
        return 0
    until = timezone.now() + LONGEST
    try:
        n = pull(connection, goes_on=lambda: goes_on() and timezone.now() < until and is_wanted(connection))
    except ServerError as error:
        connection.end_pull(str(error))
        return 0
    except (AttributeError, KeyError, TypeError, ValueError):  # whatever else may answer where a server should
        logger.exception("What %s answers can't be read", connection)
        connection.end_pull(_("What the server answers can’t be read."))
        return 0
    except DatabaseError:
        logger.exception("Pulling from %s failed", connection)
        connection.end_pull(_("The database was busy; the next turn goes on."))
        return 0
    connection.end_pull()
    return n


def is_wanted(connection: Connection) -> bool:
    """Whether nobody paused it meanwhile; then the turn is held on."""
    wanted = Connection.objects.filter(pk=connection.pk, is_on=True, pulls=True)
    return bool(wanted.update(pull_held_until=timezone.now() + HELD))
