"""What every way in over OTLP shares: whose experiment it is for, and how a batch is stored."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from reviewapp.lib.columns import Columns, fetch
from traces.ingest.admission import waiting_for_locks
from traces.ingest.otlp import Batch, LogBatch
from traces.ingest.storing import store_masked, store_records
from traces.ingest.together import TOGETHER, Delivery
from traces.models import Experiment
from traces.redaction.door import mask_spans

EXPERIMENT = Columns(Experiment)
FIND = f"SELECT {EXPERIMENT.listed} FROM traces_experiment WHERE id = %(id)s"  # noqa: S608 - names of ours


def experiment_of(value: str) -> Experiment | None:
    """Return the experiment that the header `x-mlflow-experiment-id` names; None when there is none."""
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        return None
    return next(map(EXPERIMENT.read, fetch(FIND, id=int(value))), None)


def store_batch(experiment: Experiment, batch: Batch) -> None:
    """Return when the spans are committed. Raises OperationalError where the database is busy for too long."""
    masked = mask_spans(experiment, batch.spans)
    if connection.vendor == "sqlite":
        TOGETHER.store(Delivery(experiment, batch.spans, masked), settings.INGEST_LOCK_WAIT_S)
    else:
        with waiting_for_locks(settings.INGEST_LOCK_WAIT_S):
            store_masked(experiment, batch.spans, masked)


def store_log_batch(experiment: Experiment, batch: LogBatch) -> None:
    """The same of log records; those beyond what one span may have are among the batch's problems afterwards."""
    with waiting_for_locks(settings.INGEST_LOCK_WAIT_S):
        stored = store_records(experiment, batch.records)
    batch.problems += ["A span has more log records than can be kept."] * stored.left_out
