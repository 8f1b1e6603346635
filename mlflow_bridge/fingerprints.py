"""Whether two servers hold the same: short digests of what they say, whatever they write around it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from mlflow_bridge.server_assessments import as_text
from traces.assessing import REVISED
from traces.ingest.mlflow_json import MlflowAssessment, read_assessment
from traces.ingest.otlp import BadBody
from traces.models import Assessment


def digest_of(value: Any) -> str:
    return hashlib.sha256(json.dumps(plain(value), sort_keys=True, default=str).encode()).hexdigest()


def fingerprint(said: Assessment | MlflowAssessment) -> str:
    """Return the digest of what an assessment says; who overrides it, and when, stands elsewhere."""
    metadata = {key: as_text(text) for key, text in said.metadata.items()}
    return digest_of([said.name, said.kind, said.value, said.error or None, said.rationale, metadata])


def fingerprint_there(said: dict[str, Any]) -> str:
    """Return the same of an assessment as a server writes it; of one that can't be read, of its JSON."""
    try:
        return fingerprint(read_assessment(said))
    except BadBody:
        return digest_of(said)


def as_json(said: MlflowAssessment) -> dict[str, Any]:
    """Return what a page shows of an assessment there, and what it takes to know it again."""
    return {"digest": fingerprint(said)} | {key: getattr(said, key) for key in REVISED}


def plain(value: Any) -> Any:
    """Return JSON in which 4.0 is 4: servers write numbers as they like."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    return value
