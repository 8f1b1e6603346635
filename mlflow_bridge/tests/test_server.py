"""What else may answer where an MLflow server should."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mlflow_bridge.models import Connection
from mlflow_bridge.server import Busy, MlflowServer, Refused, Unreachable


class Answering(BaseHTTPRequestHandler):
    status, body = 200, b"{}"
    seen: list[str] = []

    def do_POST(self) -> None:
        self.seen.append(self.headers.get("authorization", ""))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def other() -> Iterator[ThreadingHTTPServer]:
    Answering.status, Answering.body, Answering.seen = 200, b"{}", []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def connection(other) -> Connection:
    connection = Connection(name="Team server", tracking_uri=f"http://127.0.0.1:{other.server_port}")
    connection.set_secret("a-token")
    return connection


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (200, b"<!doctype html>", Refused, "no MLflow server"),
        (404, b"<h1>Not found</h1>", Refused, "no MLflow server (status 404)"),
        (401, b"", Unreachable, "does not accept"),
        (503, b"", Busy, "status 503"),
        (400, b'{"error_code": "INVALID_PARAMETER_VALUE", "message": "Bad filter"}', Refused, "Bad filter"),
    ],
)
def test_other_answers_are_errors_in_words(connection, status, body, error, words):
    Answering.status, Answering.body = status, body
    with MlflowServer(connection) as server, pytest.raises(error) as caught:
        server.all_experiments()
    assert words in str(caught.value)


def test_a_token_is_sent_as_bearer_and_a_password_as_basic(connection):
    with MlflowServer(connection) as server:
        server.all_experiments()
    connection.username = "ann"
    with MlflowServer(connection) as server:
        server.all_experiments()
    assert Answering.seen == ["Bearer a-token", "Basic YW5uOmEtdG9rZW4="]


def test_a_secret_sealed_with_another_key_is_an_error_in_words(connection, settings):
    settings.SECRET_KEY = "another key of at least fifty characters, made for this test"
    with pytest.raises(Refused, match="Enter it again"):
        MlflowServer(connection)
