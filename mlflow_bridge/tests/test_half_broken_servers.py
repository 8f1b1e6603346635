"""Servers that are dead, slow, half broken or no MLflow: said in words, and what works of them is taken."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command

from mlflow_bridge.models import Connection
from mlflow_bridge.pulling.due import due, take_turn
from mlflow_bridge.pulling.models import PulledTrace
from traces.models import Trace

PLACE = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "1"}}
KEPT_IN_STORE = {"mlflow.trace.spansLocation": "TRACKING_STORE"}


def info_of(number: int, **more: Any) -> dict[str, Any]:
    return {
        "trace_id": f"tr-{number:032x}", "trace_location": PLACE, "request_time": f"2026-01-01T00:00:{number:02}Z",
        "state": "OK", "execution_duration": "1s", "tags": dict(KEPT_IN_STORE),
    } | more  # fmt: skip


def spans_of(number: int, **more: Any) -> list[dict[str, Any]]:
    return [{"span_id": f"{number:016x}", "name": "answer", "start_time_unix_nano": 10**18} | more]


class Half(BaseHTTPRequestHandler):
    """Answers as MLflow does; at `poisoned` traces it fails, and `says` replaces an answer altogether."""

    infos: list[dict[str, Any]] = []
    spans: dict[str, list[dict[str, Any]]] = {}
    poisoned: set[str] = set()
    says: tuple[int, bytes] | None = None

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        if self.path.endswith("experiments/search"):
            self.answer(200, {"experiments": [{"experiment_id": "1", "name": "claims"}]})
        else:
            self.answer(200, {"traces": self.infos if body["max_results"] else []})

    def do_GET(self) -> None:
        ids = parse_qs(urlsplit(self.path).query).get("trace_ids", [])
        if self.poisoned & set(ids):
            self.answer(500, {"error_code": "INTERNAL_ERROR", "message": "no such column"})
        else:
            found = [each for each in self.infos if each.get("trace_id") in ids]
            self.answer(200, {"traces": [
                {"trace_info": each, "spans": self.spans.get(each["trace_id"], [])} for each in found
            ]})  # fmt: skip

    def answer(self, status: int, said: Any) -> None:
        status, content = self.says or (status, json.dumps(said).encode())
        self.send_response(status)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def half() -> Iterator[type[Half]]:
    Half.infos, Half.spans, Half.poisoned, Half.says = [], {}, set(), None
    server = ThreadingHTTPServer(("127.0.0.1", 0), Half)
    Half.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Half
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def broken(db, half) -> Connection:
    return Connection.objects.create(name="Half", tracking_uri=f"http://127.0.0.1:{half.port}", pulls=True)


def after_a_turn(connection: Connection) -> Connection:
    take_turn(connection)
    return Connection.objects.get(pk=connection.pk)


def test_one_trace_at_which_the_server_fails_holds_up_no_other(half, broken):
    half.infos = [info_of(number) for number in range(1, 6)]
    half.spans = {each["trace_id"]: spans_of(number) for number, each in enumerate(half.infos, 1)}
    half.poisoned = {half.infos[2]["trace_id"]}
    connection = after_a_turn(broken)
    assert (Trace.objects.count(), connection.pull_error) == (5, "")
    bad = PulledTrace.objects.get(remote_id=half.infos[2]["trace_id"])
    assert (bad.error, bad.digest, bad.trace.spans.count()) == ("no such column", "", 0)
    half.poisoned = set()
    connection.look_back_days = 3650
    connection.save()
    connection.pull_now()
    after_a_turn(connection)
    assert bad.trace.spans.count() == 1


def test_a_span_that_cannot_be_read_is_left_out_and_noted(half, broken):
    deep: dict[str, Any] = {"string_value": "end"}
    for _ in range(100):
        deep = {"array_value": {"values": [deep]}}
    half.infos = [info_of(1)]
    bad = spans_of(9, attributes=[{"key": "deep", "value": deep}])
    half.spans = {half.infos[0]["trace_id"]: [*spans_of(1), *bad, {"span_id": "nonsense"}]}
    after_a_turn(broken)
    pulled = PulledTrace.objects.get()
    assert pulled.trace.spans.count() == 1
    assert "can't be read" in pulled.error


def test_a_trace_that_cannot_be_read_is_noted_and_not_asked_for_for_ever(half, broken):
    half.infos = [info_of(1, request_time="yesterday"), info_of(2), info_of(3, trace_id="tr-short")]
    after_a_turn(broken)
    assert Trace.objects.get().pk == half.infos[1]["trace_id"]
    assert PulledTrace.objects.filter(is_unread=True).exists()


def test_a_page_of_which_nothing_is_wanted_is_passed(half, broken):
    half.infos = [info_of(1)]
    after_a_turn(broken)
    Trace.objects.all().delete()
    PulledTrace.objects.update(digest="")
    broken.pull_now()
    Connection.objects.update(look_back_days=3650)
    assert after_a_turn(Connection.objects.get()).pull_error == ""
    assert not Trace.objects.exists()


def test_hostile_texts_are_stored_and_harm_nothing(half, broken):
    half.infos = [info_of(1, tags={**KEPT_IN_STORE, "x": "\0<script>", "mlflow.traceName": "n" * 9000})]
    odd = [{"key": "\0", "value": {"string_value": "\0"}}, {"key": "n", "value": {"double_value": "NaN"}}]
    half.spans = {half.infos[0]["trace_id"]: spans_of(1, attributes=odd)}
    after_a_turn(broken)
    span = Trace.objects.get().spans.get()
    assert (span.attributes["\u2400"], span.attributes["n"]) == ("\u2400", "NaN")


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ((401, b""), "does not accept"),
        ((403, b"{}"), "does not accept"),
        ((503, b"<h1>busy</h1>"), "status 503"),
        ((200, b"<!doctype html>"), "no MLflow server"),
        ((200, b'{"experiments": 7}'), "no MLflow server"),
        ((404, b"Not found"), "no MLflow server (status 404)"),
        ((400, b'{"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid filter"}'), "Invalid filter"),
    ],
)
def test_what_is_wrong_is_said_in_words_and_tried_again_later(half, broken, says, words):
    half.says = says
    connection = after_a_turn(broken)
    assert words in connection.pull_error
    assert connection not in due()
    half.says = None
    connection.pull_now()
    assert after_a_turn(connection).pull_error == ""


def test_a_dead_server_is_said_in_words(half, broken):
    broken.tracking_uri = "http://127.0.0.1:9"
    broken.save()
    assert "does not answer" in after_a_turn(broken).pull_error


def test_two_workers_do_not_pull_at_the_same_time(half, broken):
    half.infos = [info_of(1)]
    broken.hold_pull(broken.pull_due_at.replace(year=2100))
    assert take_turn(broken) == 0
    assert not Trace.objects.exists()


def test_one_that_is_paused_in_the_middle_stops(half, broken):
    half.infos = [info_of(1)]
    Connection.objects.update(pulls=False)
    assert take_turn(broken) == 0
    assert not Trace.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_worker_takes_its_turns_beside_the_rest(half):
    Connection.objects.create(name="Half", tracking_uri=f"http://127.0.0.1:{half.port}", pulls=True)
    Connection.objects.create(name="Dead", tracking_uri="http://127.0.0.1:9", pulls=True)
    half.infos = [info_of(1), info_of(2)]
    call_command("run_worker", "--once")
    assert Trace.objects.count() == 2
    assert Connection.objects.get(name="Half").pulled_at is not None
    assert "does not answer" in Connection.objects.get(name="Dead").pull_error
