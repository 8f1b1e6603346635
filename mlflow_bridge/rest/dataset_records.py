"""The records of an evaluation dataset: one for each inputs, to which later ones are added."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction

from mlflow_bridge.provenance import tags_with_provenance
from mlflow_bridge.rest.call import Call
from mlflow_bridge.rest.datasets import dataset_for, held
from mlflow_bridge.rest.errors import invalid
from mlflow_bridge.rest.paging import page_of
from quality.models import DatasetRecord, EvaluationDataset, NewRecord
from traces.ingest.incoming import clean_json

Said = dict[str, Any]
MOST = 1000  # of one page
MOST_AT_ONCE = 10_000


def upsert(call: Call) -> Said:
    """Add records; of inputs that are there, expectations and tags are added to what is there."""
    dataset = dataset_for(call)
    merged = dataset.merge_records(records_in(call), by=call.user.email)
    return {"inserted_count": merged.n_inserted, "updated_count": merged.n_updated}


def listing(call: Call) -> Said:
    rows = dataset_for(call).records.kept().order_by("created_at", "pk")
    some, token = page_of(rows, call.whole("max_results", MOST, most=MOST), call.text("page_token", ""))
    said = {"records": json.dumps([record_json(each) for each in some]), "next_page_token": token}
    return {key: value for key, value in said.items() if value}


@transaction.atomic
def delete(call: Call) -> Said:
    dataset: EvaluationDataset = held(call)
    n, _ = dataset.records.kept().filter(pk__in=call.texts("dataset_record_ids")).delete()
    dataset.touch(by=call.user.email)
    return {"deleted_count": n}


def records_in(call: Call) -> list[NewRecord]:
    """Return the records, which come as JSON in a string. Raises: ApiError, TooDeep."""
    try:
        records = clean_json(json.loads(call.text("records")))
    except (ValueError, RecursionError) as error:
        raise invalid("records has to be a list, as JSON in a string.") from error
    if not isinstance(records, list) or len(records) > MOST_AT_ONCE or not all(map(is_record, records)):
        raise invalid(f"records has to be a list of at most {MOST_AT_ONCE} objects with inputs, which are objects.")
    return [new_record(told) for told in records]


def new_record(told: Said) -> NewRecord:
    return NewRecord(
        inputs=told["inputs"],
        expectations=told.get("expectations") or {},
        outputs=told.get("outputs"),
        tags=told.get("tags") or {},
        source=told.get("source"),
    )


def is_record(told: Any) -> bool:
    return (
        isinstance(told, dict)
        and isinstance(told.get("inputs"), dict)
        and all(isinstance(told.get(name) or {}, dict) for name in ("expectations", "tags", "source"))
    )


def record_json(record: DatasetRecord) -> Said:
    source = record.source or {}
    said = {
        "dataset_record_id": record.pk,
        "dataset_id": record.dataset_id,
        "inputs": record.inputs,
        "expectations": record.expectations,
        "tags": tags_with_provenance(record),
        "source": source,
        "source_id": (source.get("source_data") or {}).get("trace_id"),
        "source_type": source.get("source_type"),
        "created_time": int(record.created_at.timestamp() * 1000),
        "last_update_time": int(record.updated_at.timestamp() * 1000),
        "created_by": record.created_by,
        "last_updated_by": record.updated_by,
    }
    return {key: value for key, value in said.items() if value not in (None, {})} | {"outputs": record.outputs or {}}
