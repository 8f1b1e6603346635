"""Assessments on a server: read, written under their own id, corrected, taken away.

Each verb returns what then stands there, as the server says it.
"""

from __future__ import annotations

import json
from urllib.parse import quote

from mlflow_bridge.server import MlflowServer, NotThere, Said
from traces.models import Assessment

MASK = "assessmentName,{kind},rationale,metadata"


def read(server: MlflowServer, trace_id: str, assessment_id: str) -> Said | None:
    asked = {"trace_id": trace_id, "assessment_id": assessment_id}
    try:
        return inner(server.call("GET", path_of(trace_id, assessment_id), params=asked))
    except NotThere:
        return None


def write(server: MlflowServer, trace_id: str, written: Said) -> Said:
    """Raises: NotThere when the trace is not there, or what it overrides."""
    path = f"/api/3.0/mlflow/traces/{quote(trace_id, safe='')}/assessments"
    return inner(server.call("POST", path, json={"assessment": written}))


def correct(server: MlflowServer, trace_id: str, written: Said) -> Said:
    """Write name, value, rationale and metadata over what is there. Raises: NotThere."""
    kind = next(each for each in Assessment.Kind.values if each in written)
    changed = {"assessment_id", "trace_id", "assessment_name", kind, "rationale", "metadata"}
    asked = {
        "assessment": {"rationale": ""} | {key: value for key, value in written.items() if key in changed},
        "update_mask": MASK.format(kind=kind),
    }
    return inner(server.call("PATCH", path_of(trace_id, written["assessment_id"]), json=asked))


def retract(server: MlflowServer, trace_id: str, assessment_id: str) -> None:
    """Take it away; one that is not there is no error."""
    asked = {"trace_id": trace_id, "assessment_id": assessment_id}
    server.call("DELETE", path_of(trace_id, assessment_id), json=asked)


def path_of(trace_id: str, assessment_id: str) -> str:
    return f"/api/3.0/mlflow/traces/{quote(trace_id, safe='')}/assessments/{quote(assessment_id, safe='')}"


def inner(answer: Said) -> Said:
    said = answer.get("assessment")
    return said if isinstance(said, dict) else {}


def as_mlflow(trace_id: str, assessment: Assessment, *, has_spans: bool) -> Said:
    """Return an assessment as MLflow's JSON; a list or object as expectation is written serialised, as the SDK does.

    has_spans   whether the trace there has the spans of ours; else the assessment is about the whole trace
    """
    value: Said = {"value": assessment.value}
    if assessment.kind == Assessment.Kind.EXPECTATION and isinstance(assessment.value, list | dict):
        value = {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": json.dumps(assessment.value)}}
    if assessment.error:
        value["error"] = assessment.error
    written = {
        "assessment_id": assessment.pk,
        "assessment_name": assessment.name,
        "trace_id": trace_id,
        "span_id": assessment.span_id if has_spans else "",
        "source": {"source_type": assessment.source_type, "source_id": assessment.source_id},
        "create_time": assessment.created_at.isoformat().replace("+00:00", "Z"),
        "last_update_time": assessment.updated_at.isoformat().replace("+00:00", "Z"),
        assessment.kind: value,
        "rationale": assessment.rationale,
        "metadata": {str(key): as_text(text) for key, text in assessment.metadata.items()},
        "overrides": assessment.overrides_id or "",
        "valid": True,  # until the one that overrides it comes
    }
    return {key: each for key, each in written.items() if each != ""}


def as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
