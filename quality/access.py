"""Who sees datasets: whoever reads traces. To experts these pages do not exist."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from accounts.models import User
from quality.models import DatasetRecord, EvaluationDataset


def datasets_for(user: User) -> QuerySet[EvaluationDataset]:
    """Return the datasets, each with `n_records`. Raises: Http404."""
    if not user.reads_traces:
        raise Http404("has no datasets")
    return EvaluationDataset.objects.annotate(n_records=Count("records", filter=Q(records__removed_at=None)))


def get_dataset_for(user: User, dataset_id: str) -> EvaluationDataset:
    """Raises: Http404."""
    dataset = datasets_for(user).filter(pk=dataset_id).first()
    if dataset is None:
        raise Http404("no such dataset")
    return dataset


def get_record_for(user: User, dataset_id: str, record_id: str) -> DatasetRecord:
    """Return a record with its dataset, perhaps one that was removed a moment ago. Raises: Http404."""
    dataset = get_dataset_for(user, dataset_id)
    record = dataset.records.select_related("dataset").filter(pk=record_id).first()
    if record is None:
        raise Http404("no such record")
    return record
