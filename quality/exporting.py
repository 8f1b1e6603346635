"""A dataset's records to take away.

JSON lines hold everything, in the shape that MLflow's `merge_records` takes. CSV has a column for each input and
each expectation; a cell that a spreadsheet would run as a formula gets a leading apostrophe.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from labeling.exporting import BOM, csv_line, in_a_cell, safe
from quality.models import DatasetRecord, EvaluationDataset

AT_ONCE = 500


def records_of(dataset: EvaluationDataset) -> Iterator[DatasetRecord]:
    """Yield the records, the oldest first; of one that goes meanwhile nothing is told."""
    ids = list(dataset.records.kept().order_by("created_at", "record_id").values_list("pk", flat=True))
    for begin in range(0, len(ids), AT_ONCE):
        found = dataset.records.kept().in_bulk(ids[begin : begin + AT_ONCE])
        yield from (found[record_id] for record_id in ids[begin : begin + AT_ONCE] if record_id in found)


def json_lines(dataset: EvaluationDataset) -> Iterator[str]:
    for record in records_of(dataset):
        told = {
            "record_id": record.pk,
            "inputs": record.inputs,
            "expectations": record.expectations,
            "outputs": record.outputs,
            "tags": record.tags,
            "source": record.source,
            "provenance": record.provenance,
            "created_at": record.created_at.isoformat(),
            "updated_at": record.updated_at.isoformat(),
            "updated_by": record.updated_by,
        }
        yield json.dumps({name: value for name, value in told.items() if value is not None}, ensure_ascii=False) + "\n"


def csv_lines(dataset: EvaluationDataset) -> Iterator[str]:
    """Records are read twice: first for the names of the columns."""
    inputs, expected = columns_of(dataset)
    heads = [f"inputs.{name}" for name in inputs] + [f"expectations.{name}" for name in expected]
    yield BOM + csv_line([*map(safe, heads), "outputs", "trace_id", "updated_by", "updated_at", "record_id"])
    for record in records_of(dataset):
        source = ((record.source or {}).get("source_data") or {}).get("trace_id")
        cells = [
            *[record.inputs.get(name) for name in inputs],
            *[record.expectations.get(name) for name in expected],
            record.outputs, source, record.updated_by, record.updated_at.isoformat(), record.pk,
        ]  # fmt: skip
        yield csv_line([safe(in_a_cell(cell)) for cell in cells])


def columns_of(dataset: EvaluationDataset) -> tuple[list[str], list[str]]:
    """Return the names of all inputs and of all expectations; databases differ in the order that they keep them in."""
    inputs: set[str] = set()
    expected: set[str] = set()
    for record in records_of(dataset):
        inputs |= record.inputs.keys()
        expected |= record.expectations.keys()
    return sorted(inputs), sorted(expected)
