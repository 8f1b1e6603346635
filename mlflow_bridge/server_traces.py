"""Traces of a server: found in pages, got in batches, with their files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote

from mlflow_bridge.server import MlflowServer, NotThere, Said, dicts_in

PAGE = 500  # trace infos of one search: the most that MLflow gives
ARTIFACTS = "mlflow-artifacts:/"
MOST_OF_A_SESSION = 50


def search(
    server: MlflowServer, experiment_ids: Iterable[str], conditions: str, *, most: int = PAGE, page_token: str = ""
) -> tuple[list[Said], str]:
    """Return one page of trace infos, the oldest first, and the token of the next one."""
    asked: Said = {
        "locations": [
            {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": str(each)}} for each in experiment_ids
        ],
        "filter": conditions,
        "order_by": ["timestamp_ms ASC", "request_id ASC"],
        "max_results": most,
    }
    if page_token:
        asked["page_token"] = page_token
    found = server.call("POST", "/api/3.0/mlflow/traces/search", json=asked)
    return dicts_in(found.get("traces")), str(found.get("next_page_token") or "")


def of_session(server: MlflowServer, session_id: str, *, since: datetime, until: datetime) -> list[str]:
    """Return ids of the session's traces that began between the two times, oldest first."""
    begin, end = (int(moment.timestamp() * 1000) for moment in (since, until))
    conditions = (
        f"metadata.`mlflow.trace.session` = '{session_id}' AND timestamp_ms >= {begin} AND timestamp_ms <= {end}"
    )
    found, _token = search(server, server.experiments(), conditions, most=MOST_OF_A_SESSION)
    return [str(trace["trace_id"]) for trace in found]


def batch_get(server: MlflowServer, trace_ids: list[str]) -> list[Said]:
    """Return traces, `{trace_info, spans}`; those that are not there, or whose spans are in a file, are left out."""
    found = server.call("GET", "/api/3.0/mlflow/traces/batchGet", params={"trace_ids": trace_ids})
    return dicts_in(found.get("traces"))


def spans_in_file(server: MlflowServer, trace_id: str) -> list[Said]:
    """Return the spans of a trace that keeps them in a file, in the form of `trace.to_json()`.

    Raises: NotThere when there is none (yet).
    """
    found = server.call("GET", "/ajax-api/2.0/mlflow/get-trace-artifact", params={"request_id": trace_id})
    return dicts_in(found.get("spans"))


def attachment(server: MlflowServer, trace_id: str, location: str, attachment_id: str) -> bytes:
    """Return the content of a file that belongs to a trace; `location` is its tag `mlflow.artifactLocation`."""
    if location.startswith(ARTIFACTS):
        path = quote(f"{location.removeprefix(ARTIFACTS).lstrip('/')}/attachments/{attachment_id}")
        return server.send("GET", f"/api/2.0/mlflow-artifacts/artifacts/{path}").content
    asked = {"request_id": trace_id, "path": attachment_id}
    return server.send("GET", "/ajax-api/2.0/mlflow/get-trace-artifact", params=asked).content


def is_there(server: MlflowServer, trace_id: str) -> bool:
    try:
        info_of(server, trace_id)
    except NotThere:
        return False
    return True


def assessments_of(server: MlflowServer, trace_id: str) -> list[Said]:
    """Raises: NotThere."""
    return dicts_in(info_of(server, trace_id).get("assessments"))


def info_of(server: MlflowServer, trace_id: str) -> Said:
    """Raises: NotThere."""
    found = server.call("GET", f"/api/3.0/mlflow/traces/{quote(trace_id, safe='')}", params={"trace_id": trace_id})
    info = (found.get("trace") or {}).get("trace_info")
    return info if isinstance(info, dict) else {}
