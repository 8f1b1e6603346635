"""Tracking servers that are no Review App."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai import label_schemas
from mlflow_reviewapp import NotAReviewApp, ReviewAppLabelingStore


class NoSuchPage(BaseHTTPRequestHandler):
    """Answers as MLflow's own server does where it serves nothing."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>404 Not Found</title>"
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def plain(monkeypatch) -> Iterator[str]:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with HTTPServer(("127.0.0.1", 0), NoSuchPage) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def test_a_server_without_sessions_says_so(plain):
    with pytest.raises(NotAReviewApp, match="needs a Review App") as refused:
        ReviewAppLabelingStore(plain).get_labeling_sessions("0")
    assert refused.value.error_code == "ENDPOINT_NOT_FOUND"


def test_there_label_schemas_are_still_the_sdks_own(plain):
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(plain)
    try:
        given = {"type": "feedback", "input": label_schemas.InputText(), "experiment_id": "0"}
        with pytest.raises(MlflowException) as refused:
            label_schemas.create_label_schema("tone", **given)
        assert not isinstance(refused.value, NotAReviewApp)
        with pytest.raises(NotAReviewApp):
            label_schemas.create_label_schema("tone", title="How is it?", **given)
    finally:
        mlflow.set_tracking_uri(before)


def test_who_has_no_token_is_told_what_is_missing(server, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.delenv("MLFLOW_TRACKING_TOKEN", raising=False)
    with pytest.raises(MlflowException, match="MLFLOW_TRACKING_TOKEN"):
        ReviewAppLabelingStore(server.url).get_labeling_sessions("0")
