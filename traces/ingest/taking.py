"""What every way in over OTLP shares: whose experiment it is for, and how a batch is stored."""

from __future__ import annotations

from traces.ingest.otlp import Batch, LogBatch
from traces.ingest.storing import store_records, store_spans
from traces.models import Experiment


def experiment_of(value: str) -> Experiment | None:
    """Return the experiment that the header `x-mlflow-experiment-id` names; None when there is none."""
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        return None
    return Experiment.objects.filter(pk=int(value)).first()


def store_batch(experiment: Experiment, batch: Batch) -> None:
    store_spans(experiment, batch.spans)


def store_log_batch(experiment: Experiment, batch: LogBatch) -> None:
    """Store the records; those beyond what one span may have are among the batch's problems afterwards."""
    stored = store_records(experiment, batch.records)
    batch.problems += ["A span has more log records than can be kept."] * stored.left_out
