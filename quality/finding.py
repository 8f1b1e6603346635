"""Which datasets, and which of their records, somebody looks for."""

from __future__ import annotations

import json

from django.db import connection
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from quality.models import DatasetRecord, EvaluationDataset


def found_datasets(datasets: QuerySet[EvaluationDataset], text: str) -> QuerySet[EvaluationDataset]:
    """Look in names and in names of experiments."""
    if not text:
        return datasets
    by_experiment = EvaluationDataset.objects.filter(experiments__name__icontains=text)
    return datasets.filter(Q(name__icontains=text) | Q(pk__in=by_experiment.values("pk")))


def found_records(records: QuerySet[DatasetRecord], text: str) -> QuerySet[DatasetRecord]:
    """Look in inputs and in what is expected of the answers, as JSON writes it."""
    if not text:
        return records
    # SQLite keeps JSON as Django writes it, in ASCII.
    needle = json.dumps(text, ensure_ascii=connection.vendor == "sqlite")[1:-1]
    written = records.annotate(
        inputs_text=Cast("inputs", TextField()), expectations_text=Cast("expectations", TextField())
    )
    return written.filter(Q(inputs_text__icontains=needle) | Q(expectations_text__icontains=needle))
