"""A tracking server as its REST API shows it. Only what is needed; the official client is not.

    ServerError
      Unreachable    no answer, or no way in: try later, and nothing else before
      Busy           it answers that it can't right now: try this one later
      NotThere       the trace, or assessment, is not there (yet)
      Refused        the server understood and will not: trying again changes nothing

Several threads may call one server at a time. What is asked of it stands beside this module: `server_traces`,
`server_assessments`, `server_schemas`.

Source: MLflow 3.17, /api/3.0/mlflow; as captured from the real server.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx
from django.utils.translation import gettext as _

from chat.addresses import AddressRefused
from mlflow_bridge.addresses import CheckedTransport
from mlflow_bridge.credentials import credentials_of
from mlflow_bridge.models import Connection
from reviewapp.lib.sealing import CannotOpen

TIMEOUT_S = 20
COME_AGAIN = {408, 425, 429, 500, 502, 503, 504}
LONGEST_MESSAGE = 500  # characters of what a server says
LONGEST_ANSWER = 256 * 1024 * 1024  # bytes; a server that sends without end fills no memory
PAGE_OF_EXPERIMENTS = 1000

Said = dict[str, Any]


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
            username, secret = credentials_of(connection)
        except CannotOpen as error:
            raise Refused(_("The password or token can’t be opened any more. Enter it again.")) from error
        if username:
            auth = httpx.BasicAuth(username, secret)
        elif secret:
            headers["authorization"] = f"Bearer {secret}"
        self.http = httpx.Client(
            base_url=connection.tracking_uri, auth=auth, headers=headers, timeout=TIMEOUT_S, follow_redirects=False,
            transport=CheckedTransport(), trust_env=False,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.http.close()

    def experiments(self) -> list[str]:
        """Return the ids of the experiments to look in: those that were named, else all that are active."""
        if self.connection.experiment_ids:
            return [str(each) for each in self.connection.experiment_ids]
        return [*self.all_experiments()]

    def all_experiments(self) -> dict[str, str]:
        """Return the names of all that are active, by id."""
        names: dict[str, str] = {}
        asked: Said = {"max_results": PAGE_OF_EXPERIMENTS, "view_type": "ACTIVE_ONLY"}
        while True:
            found = self.call("POST", "/api/2.0/mlflow/experiments/search", json=asked)
            names |= {
                str(each.get("experiment_id")): str(each.get("name", "")) for each in dicts_in(found.get("experiments"))
            }
            token = found.get("next_page_token")
            if not token or token == asked.get("page_token"):
                return names
            asked["page_token"] = token

    def name_of_experiment(self, experiment_id: str) -> str:
        """Raises: NotThere."""
        found = self.call("GET", "/api/2.0/mlflow/experiments/get", params={"experiment_id": experiment_id})
        return str((found.get("experiment") or {}).get("name", ""))

    def call(self, method: str, path: str, **parts: Any) -> Said:
        """Send a request and return the answer's JSON. Raises: ServerError."""
        return answer_of(self.send(method, path, **parts))

    def send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """Send a request and return the answer, read. Raises: ServerError."""
        try:
            with self.http.stream(method, path, **parts) as response:
                content = bytearray()
                for piece in response.iter_bytes():
                    content += piece
                    if len(content) > LONGEST_ANSWER:
                        raise Refused(_("The server sends more than can be taken at once."))
            response = httpx.Response(response.status_code, content=bytes(content))
        except AddressRefused as error:
            raise Refused(
                _(
                    "%(error)s Whoever runs this server can allow it with the setting ENDPOINT_PRIVATE_ADDRESSES."
                ) % {"error": error}
            ) from error  # fmt: skip
        except (httpx.RequestError, httpx.InvalidURL) as error:
            words = str(error) or type(error).__name__
            raise Unreachable(_("The server does not answer: %(error)s") % {"error": words}) from error
        if response.is_success:
            return response
        raise error_of(response)


def answer_of(response: httpx.Response) -> Said:
    try:
        answer = response.json()
    except (ValueError, RecursionError) as error:
        raise Refused(_("What answers there is no MLflow server.")) from error
    return answer if isinstance(answer, dict) else {}


def dicts_in(value: Any) -> list[Said]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Refused(_("What answers there is no MLflow server."))
    return value


def error_of(response: httpx.Response) -> ServerError:
    """Say in words what a status means, with the server's own message."""
    try:
        said = response.json()
    except (ValueError, RecursionError):
        said = None
    code, message = (said.get("error_code", ""), said.get("message", "")) if isinstance(said, dict) else ("", "")
    words = str(message)[:LONGEST_MESSAGE]
    if code in {"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"}:
        return NotThere(words)
    if response.status_code in {401, 403}:
        return Unreachable(_("The server does not accept the user name, password or token. Enter them again."))
    if response.status_code in COME_AGAIN:
        return Busy(words or _("The server answers with status %(n)d.") % {"n": response.status_code})
    if response.is_redirect or not code:
        return Refused(_("What answers there is no MLflow server (status %(n)d).") % {"n": response.status_code})
    return Refused(words or str(code))
