"""Send datasets to MLflow servers. It adds and corrects; it takes nothing away there.

What is sent again makes no double: a dataset is found there by the tag that names ours, and the server itself
merges records by their inputs. So a worker may die at any moment, and the next one goes on from the last record
that was noted, or sends a few once more.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from mlflow_bridge.dataset_copies import DatasetCopy
from mlflow_bridge.delivering import PAUSES_S, later
from mlflow_bridge.models import Connection
from mlflow_bridge.pulling.models import RemoteExperiment
from mlflow_bridge.server import Busy, MlflowServer, NotThere, Refused, Unreachable
from mlflow_bridge.server_datasets import find_dataset, make_dataset, merge_records, write_tags
from quality.models import DatasetRecord, EvaluationDataset
from reviewapp.lib.periodic import periodic

logger = logging.getLogger(__name__)

AT_ONCE = 200  # records of one request
MOST_BYTES = 4_000_000  # of one request; a record that is larger goes alone
TURN_S = 5.0  # then others have their turn
HOLD = timedelta(minutes=3)  # longer than a request takes; a worker that died holds up nobody for longer


@transaction.atomic
def ask_for(dataset: EvaluationDataset, connection: Connection, *, by: User) -> DatasetCopy:
    """Let the worker send a dataset; what was given up begins anew."""
    now = timezone.now()
    asked = {"state": DatasetCopy.State.WAITING, "asked_by": by.email, "asked_at": now, "next_at": now, "attempts": 0,
             "error": ""}  # fmt: skip
    copy, _is_new = DatasetCopy.objects.update_or_create(dataset=dataset, connection=connection, defaults=asked)
    return copy


@periodic(every=timedelta(seconds=1))
def send_due() -> int:
    """Send what is due; return how many requests with records arrived."""
    due = DatasetCopy.objects.due(timezone.now()).select_related("connection", "dataset").order_by("next_at")
    return sum(send(copy) for copy in due[:10] if copy.hold(timezone.now() + HOLD))


def send(copy: DatasetCopy) -> int:
    """Send a held copy for a while, and give the turn back."""
    n = 0
    try:
        with MlflowServer(copy.connection) as server:
            n = send_to(server, copy)
    except (Unreachable, Busy) as error:
        pause_s = PAUSES_S[min(copy.attempts, len(PAUSES_S) - 1)]
        copy.note(attempts=copy.attempts + 1, next_at=later(pause_s), error=str(error))
    except NotThere:
        words = _("Somebody deleted the dataset there. Send it again, and it is made anew.")
        copy.note(state=DatasetCopy.State.GIVEN_UP, error=words, remote_id="", sent_until=None, sent_record="")
    except Refused as error:
        logger.warning("Dataset %s can't be sent to %s: %s", copy.dataset_id, copy.connection, error)
        copy.note(state=DatasetCopy.State.GIVEN_UP, error=str(error))
    finally:
        copy.note(held_until=None)
    return n


def send_to(server: MlflowServer, copy: DatasetCopy) -> int:
    """Send until all is there or the turn is over; return how many requests. Raises: ServerError."""
    end = time.monotonic() + TURN_S
    if not copy.remote_id:
        copy.note(remote_id=find_dataset(server, copy.dataset) or make_dataset(server, copy.dataset, homes(copy)))
    write_tags(server, copy.remote_id, copy.dataset)
    n = 0
    while some := next_records(copy):
        merge_records(server, copy.remote_id, some, by=copy.asked_by)
        n += 1
        last = some[-1]
        copy.note(sent_until=last.updated_at, sent_record=last.pk, held_until=timezone.now() + HOLD, attempts=0)
        if time.monotonic() > end:
            copy.note(next_at=timezone.now())
            return n
    finish(copy)
    return n


def homes(copy: DatasetCopy) -> list[str]:
    """Return the experiments there that a new dataset is to belong to: those that its own were taken over from."""
    taken = RemoteExperiment.objects.filter(connection=copy.connection, experiment__in=copy.dataset.experiments.all())
    return list(taken.values_list("remote_id", flat=True)) or [str(each) for each in copy.connection.experiment_ids]


def next_records(copy: DatasetCopy) -> list[DatasetRecord]:
    """Return what is to be sent next.

    Whoever changes records holds their dataset's lock, and so do we while we read: nothing is committed later with
    an earlier time.
    """
    with transaction.atomic():
        copy.dataset.lock()
        found = list(copy.unsent()[:AT_ONCE])
    some: list[DatasetRecord] = []
    n_bytes = 0
    for record in found:
        n_bytes += len(json.dumps([record.inputs, record.outputs, record.expectations]))
        if some and n_bytes > MOST_BYTES:
            break
        some.append(record)
    return some


def finish(copy: DatasetCopy) -> None:
    """Say that all is there, unless somebody asked for it once more meanwhile."""
    asked = DatasetCopy.objects.filter(pk=copy.pk, asked_at=copy.asked_at)
    asked.update(state=DatasetCopy.State.SENT, sent_at=timezone.now(), error="", attempts=0)
