"""Changing and removing records by hand, and taking that back. Whoever changes one locks its dataset first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from quality.models import DatasetRecord, EvaluationDataset, Object, digest_of
from quality.weighing import comparable
from reviewapp.lib.periodic import periodic

PATIENCE = timedelta(minutes=10)  # with somebody who may change their mind
KEPT = ("inputs", "expectations", "provenance")  # of what an edit replaces


class SameInputs(Exception):
    """Another record of the dataset has these inputs."""


@transaction.atomic
def edit(record: DatasetRecord, *, inputs: Object, expectations: Object, by: str) -> bool:
    """Write what a record says by hand; False when it says so already. Raises: SameInputs."""
    fresh = hold(record)
    now = timezone.now()
    changed = [name for name, value in expectations.items() if not same(fresh, name, value)]
    if not changed and inputs == fresh.inputs and expectations.keys() == fresh.expectations.keys():
        return False
    digest = digest_of(inputs)
    others = fresh.dataset.records.filter(digest=digest).exclude(pk=fresh.pk)
    others.exclude(removed_at=None).delete()  # what was removed makes room
    if others.exists():
        raise SameInputs
    written = {"how": "edited", "by": [by], "at": now.isoformat(), "decided_at": now.isoformat()}
    fresh.revisions = [*fresh.revisions, {name: getattr(fresh, name) for name in KEPT} | {"until": now.isoformat()}]
    kept = {name: origin for name, origin in fresh.provenance.items() if name in expectations}
    fresh.inputs, fresh.digest, fresh.expectations = inputs, digest, expectations
    fresh.provenance = kept | {name: {**origins(kept.get(name)), **written} for name in changed}
    save(fresh, by)
    return True


def same(record: DatasetRecord, name: str, value: Any) -> bool:
    return name in record.expectations and comparable(record.expectations[name]) == comparable(value)


def origins(origin: Object | None) -> Object:
    """Return where a value came from before somebody wrote another in its place."""
    return {key: origin[key] for key in ("trace_ids", "session_ids") if origin and key in origin}


@transaction.atomic
def undo_edit(record: DatasetRecord, *, by: str) -> bool:
    """Say again what the last edit replaced; False when there is none, or its inputs are another record's now."""
    fresh = hold(record)
    if not fresh.revisions:
        return False
    *rest, last = fresh.revisions
    digest = digest_of(last["inputs"])
    if fresh.dataset.records.filter(digest=digest).exclude(pk=fresh.pk).exists():
        return False
    for name in KEPT:
        setattr(fresh, name, last[name])
    fresh.digest, fresh.revisions = digest, rest
    save(fresh, by)
    return True


@transaction.atomic
def remove(record: DatasetRecord, *, by: str) -> None:
    """Take a record out of sight; a second time changes nothing."""
    fresh = hold(record)
    if fresh.removed_at is None:
        fresh.removed_at = timezone.now()
        save(fresh, by)


@transaction.atomic
def restore(record: DatasetRecord, *, by: str) -> None:
    fresh = hold(record)
    fresh.removed_at = None
    save(fresh, by)


def hold(record: DatasetRecord) -> DatasetRecord:
    """Lock the dataset until the transaction ends, and return the record as it is now."""
    record.dataset.lock()
    return DatasetRecord.objects.select_related("dataset").get(pk=record.pk)


def save(record: DatasetRecord, by: str) -> None:
    record.updated_by = by
    record.save()
    record.dataset.touch(by=by)


@periodic(every=timedelta(minutes=1))
def purge_removed() -> None:
    """Delete for good what was removed a while ago."""
    DatasetRecord.objects.filter(removed_at__lt=timezone.now() - PATIENCE).delete()


@transaction.atomic
def change(dataset: EvaluationDataset, *, name: str, tags: Object, experiments: Any, by: str) -> None:
    """Call a dataset by another name, with other tags and experiments; MLflow's own tags stay."""
    dataset.lock()
    fresh = EvaluationDataset.objects.get(pk=dataset.pk)
    own = {key: value for key, value in fresh.tags.items() if key.startswith("mlflow.")}
    fresh.name, fresh.tags = name, {**own, **tags}
    fresh.save(update_fields=["name", "tags"])
    fresh.experiments.set(experiments)
    fresh.touch(by=by)
