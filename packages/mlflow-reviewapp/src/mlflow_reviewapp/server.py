"""Calls of a Review App server, with the address, credentials and retries of MLflow's own client."""

from __future__ import annotations

from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import ENDPOINT_NOT_FOUND
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request, verify_rest_response

Said = dict[str, Any]


class NotAReviewApp(MlflowException):
    """The tracking server knows nothing of labeling sessions: it is another one, or an older Review App."""

    def __init__(self, tracking_uri: str) -> None:
        super().__init__(
            f"The tracking server at {tracking_uri} has no labeling sessions. "
            "mlflow-reviewapp needs a Review App there: mlflow.set_tracking_uri('https://review.example.org').",
            error_code=ENDPOINT_NOT_FOUND,
        )


class Server:
    def __init__(self, tracking_uri: str) -> None:
        self.tracking_uri = tracking_uri

    def get(self, path: str, **query: Any) -> Said:
        return self.call("GET", path, params=query)

    def post(self, path: str, **said: Any) -> Said:
        return self.call("POST", path, json=said)

    def patch(self, path: str, **said: Any) -> Said:
        return self.call("PATCH", path, json=said)

    def delete(self, path: str, **query: Any) -> Said:
        """Say what in the address: proxies drop the body of a DELETE."""
        return self.call("DELETE", path, params=query)

    def call(self, method: str, path: str, **how: Said) -> Said:
        """Return what the server answers. Raises: MlflowException with the server's code and words."""
        endpoint = f"/api/2.0/reviewapp/{path}"
        response = http_request(get_default_host_creds(self.tracking_uri), endpoint, method, **how)
        said = object_in(response)
        if said is None or said.get("error_code") == "ENDPOINT_NOT_FOUND":
            raise NotAReviewApp(self.tracking_uri)
        verify_rest_response(response, endpoint)
        return said


def object_in(response: Any) -> Said | None:
    """Return the JSON object of an answer; None for a page, or whatever else it is."""
    try:
        said = response.json()
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
