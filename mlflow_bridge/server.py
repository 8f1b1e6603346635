"""A tracking server as its REST API shows it. Only what is needed; the official client is not.

    ServerError
      Unreachable    no answer, or no way in: try later, and nothing else before
      Busy           it answers that it can't right now: try this one later
      NotThere       the trace, or assessment, is not there (yet)
      Refused        the server understood and will not: trying again changes nothing

Source: MLflow 3.17, /api/3.0/mlflow; as captured from the real server.
"""

from __future__ import annotations

import json
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from django.utils.translation import gettext as _

from mlflow_bridge.models import Connection
from reviewapp.lib.sealing import CannotOpen, unseal
from traces.models import Assessment

TIMEOUT_S = 20
COME_AGAIN = {408, 425, 429, 500, 502, 503, 504}
LONGEST_MESSAGE = 500  # characters of what a server says


class ServerError(Exception):
    """Something went wrong; the text is a sentence for a manager."""


class Unreachable(ServerError):
    pass


class Busy(ServerError):
    pass


class NotThere(ServerError):
    pass


class Refused(ServerError):
    pass


class MlflowServer:
    """A connection in use: `with MlflowServer(connection) as server: …`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        auth: httpx.Auth | None = None
        headers = {}
        try:
            secret = unseal(connection.sealed_secret)
        except CannotOpen as error:
            raise Refused(_("The password or token can’t be opened any more. Enter it again.")) from error
        if connection.username:
            auth = httpx.BasicAuth(connection.username, secret)
        elif secret:
            headers["authorization"] = f"Bearer {secret}"
        self.http = httpx.Client(
            base_url=connection.tracking_uri, auth=auth, headers=headers, timeout=TIMEOUT_S, follow_redirects=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.http.close()

    def write_assessment(self, trace_id: str, assessment: Assessment) -> None:
        """Write it under its own id, so that a second time changes nothing."""
        path = f"/api/3.0/mlflow/traces/{quote(trace_id, safe='')}/assessments"
        if self.has_assessment(trace_id, assessment.pk):
            return
        self.call("POST", path, json={"assessment": as_mlflow(trace_id, assessment)})

    def has_assessment(self, trace_id: str, assessment_id: str) -> bool:
        path = f"/api/3.0/mlflow/traces/{quote(trace_id, safe='')}/assessments/{assessment_id}"
        try:
            self.call("GET", path, params={"trace_id": trace_id, "assessment_id": assessment_id})
        except NotThere:
            return False
        return True

    def retract_assessment(self, trace_id: str, assessment_id: str) -> None:
        """Take it away; one that is not there is no error."""
        path = f"/api/3.0/mlflow/traces/{quote(trace_id, safe='')}/assessments/{assessment_id}"
        self.call("DELETE", path, json={"trace_id": trace_id, "assessment_id": assessment_id})

    def traces_of_session(self, session_id: str, *, since: datetime, until: datetime) -> list[str]:
        """Return ids of the session's traces that began between the two times, oldest first."""
        begin, end = (int(moment.timestamp() * 1000) for moment in (since, until))
        found = self.call(
            "POST",
            "/api/3.0/mlflow/traces/search",
            json={
                "locations": [
                    {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": str(each)}}
                    for each in self.experiments()
                ],
                "filter": f"metadata.`mlflow.trace.session` = '{session_id}' "
                f"AND timestamp_ms >= {begin} AND timestamp_ms <= {end}",
                "order_by": ["timestamp_ms ASC"],
                "max_results": 50,
            },
        )
        return [str(trace["trace_id"]) for trace in found.get("traces", [])]

    def experiments(self) -> list[str]:
        """Return the ids of the experiments to look in: those that were named, else all that are active."""
        if self.connection.experiment_ids:
            return [str(each) for each in self.connection.experiment_ids]
        return self.all_experiments()

    def all_experiments(self) -> list[str]:
        found = self.call(
            "POST", "/api/2.0/mlflow/experiments/search", json={"max_results": 100, "view_type": "ACTIVE_ONLY"}
        )
        return [str(each["experiment_id"]) for each in found.get("experiments", [])]

    def call(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        """Send a request and return the answer's JSON. Raises: ServerError."""
        try:
            response = self.http.request(method, path, **parts)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(_("The server does not answer: %(error)s") % {"error": error or type(error)}) from error
        if response.is_success:
            return answer_of(response)
        raise error_of(response)


def answer_of(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError as error:
        raise Refused(_("What answers there is no MLflow server.")) from error
    return answer if isinstance(answer, dict) else {}


def error_of(response: httpx.Response) -> ServerError:
    """Say in words what a status means, with the server's own message."""
    try:
        said = response.json()
    except ValueError:
        said = None
    code, message = (said.get("error_code", ""), said.get("message", "")) if isinstance(said, dict) else ("", "")
    words = str(message)[:LONGEST_MESSAGE]
    if code == "RESOURCE_DOES_NOT_EXIST":
        return NotThere(words)
    if response.status_code in {401, 403}:
        return Unreachable(_("The server does not accept the user name, password or token. Enter them again."))
    if response.status_code in COME_AGAIN:
        return Busy(words or _("The server answers with status %(n)d.") % {"n": response.status_code})
    if response.is_redirect or not code:
        return Refused(_("What answers there is no MLflow server (status %(n)d).") % {"n": response.status_code})
    return Refused(words or code)


def as_mlflow(trace_id: str, assessment: Assessment) -> dict[str, Any]:
    """Return an assessment as MLflow's JSON; a list or object as expectation is written serialised, as the SDK does."""
    value: dict[str, Any] = {"value": assessment.value}
    if assessment.kind == Assessment.Kind.EXPECTATION and isinstance(assessment.value, list | dict):
        value = {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": json.dumps(assessment.value)}}
    if assessment.error:
        value["error"] = assessment.error
    written = {
        "assessment_id": assessment.pk,
        "assessment_name": assessment.name,
        "trace_id": trace_id,
        "span_id": "",  # spans of our own record are not in the application's trace
        "source": {"source_type": assessment.source_type, "source_id": assessment.source_id},
        "create_time": assessment.created_at.isoformat().replace("+00:00", "Z"),
        "last_update_time": assessment.updated_at.isoformat().replace("+00:00", "Z"),
        assessment.kind: value,
        "rationale": assessment.rationale,
        "metadata": {str(key): str(text) for key, text in assessment.metadata.items()},
        "overrides": assessment.overrides_id or "",
        "valid": True,
    }
    return {key: each for key, each in written.items() if each != ""}
