"""From what experts expect to an evaluation dataset: MLflow's `LabelingSession.sync`."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import transaction

from labeling.models import LabelingSession
from mlflow_bridge.rest.dataset_records import digest_of, merge
from mlflow_bridge.rest.models import DatasetRecord, EvaluationDataset
from traces.models import Assessment, Span, Trace
from traces.reading.gathering import node_of

Said = dict[str, Any]


@transaction.atomic
def merge_session(dataset: EvaluationDataset, session: LabelingSession, *, by: str) -> Counter[str]:
    """Put into a dataset what is expected of a session's traces; count what was `inserted` and `updated`.

    Traces with the same inputs are one record; what was said last holds. One of which nothing is expected stays out.
    """
    dataset = EvaluationDataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
    records = {record.digest: record for record in dataset.records.all()}
    counts: Counter[str] = Counter()
    for trace, expectations in expected_in(session):
        root = Span.objects.filter(trace=trace, parent_id="").order_by("start_time_ns", "id").first()
        inputs = node_of(root).reading.inputs if root else None
        if not inputs:
            continue
        inputs = inputs if isinstance(inputs, dict) else {"input": inputs}
        digest = digest_of(inputs)
        counts["updated" if digest in records else "inserted"] += 1
        record = records.setdefault(digest, DatasetRecord(dataset=dataset, inputs=inputs, digest=digest))
        source = {"source_type": "TRACE", "source_data": {"trace_id": trace.pk}}
        merge(record, {"expectations": expectations, "source": source}, by=by)
        record.save()
    dataset.updated_by = by
    dataset.save(update_fields=["updated_by", "updated_at"])
    return counts


def expected_in(session: LabelingSession) -> list[tuple[Trace, Said]]:
    """Return the traces in the session's order, with what is expected of each, by name."""
    items = session.items.select_related("trace").order_by("position")
    traces = [item.trace for item in items]
    kind = Assessment.Kind.EXPECTATION
    said = Assessment.objects.filter(trace__in=traces, kind=kind, valid=True).order_by("created_at", "pk")
    expected: dict[str, Said] = {}
    for each in said:
        expected.setdefault(each.trace_id, {})[each.name] = each.value
    return [(trace, expected[trace.pk]) for trace in traces if trace.pk in expected]
