"""Where the values of a record come from, as MLflow's clients see it: in a tag of the record, as JSON."""

from __future__ import annotations

import json

from quality.models import DatasetRecord, Object

PROVENANCE = "reviewapp.provenance"


def tags_with_provenance(record: DatasetRecord) -> Object:
    """Return a record's tags; where values come from assessments, or were written here, one says so."""
    told = {name: origin for name, origin in record.provenance.items() if origin.get("how") != "merged"}
    return {**record.tags, PROVENANCE: json.dumps(told)} if told else record.tags
