"""Traces that the SDK writes, and reads again."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import mlflow
import pytest
from mlflow.entities import SpanType
from mlflow.exceptions import MlflowException
from mlflow.tracing.attachments import Attachment

from traces.models import Span, Trace


@mlflow.trace(span_type=SpanType.AGENT)
def answer(question: str) -> str:
    with mlflow.start_span("search", span_type=SpanType.RETRIEVER) as span:
        span.set_inputs({"q": question, "none": None})
        span.set_outputs([{"page_content": "Paris is in France", "metadata": {"doc_uri": "s3://a"}, "id": "d1"}])
    mlflow.update_current_trace(
        tags={"env": "test"}, metadata={"mlflow.trace.session": "s-1", "mlflow.trace.user": "u1"},
        client_request_id="c-1",
    )  # fmt: skip
    return "It is 21 °C"


def answered(question: str = "Weather in Paris?") -> str:
    """Trace an answer and return the trace's id."""
    answer(question)
    mlflow.flush_trace_async_logging()
    return str(mlflow.get_last_active_trace_id())


@pytest.mark.parametrize("async_logging", ["true", "false"])
def test_a_decorated_function_comes_back_as_it_was(experiment):
    trace = mlflow.get_trace(answered())
    info = trace.info
    assert (info.state, info.experiment_id, info.client_request_id) == ("OK", experiment, "c-1")
    assert info.tags["env"] == "test"
    assert info.tags["mlflow.traceName"] == "answer"
    assert (info.trace_metadata["mlflow.trace.session"], info.trace_metadata["mlflow.trace.user"]) == ("s-1", "u1")
    root, search = sorted(trace.data.spans, key=lambda span: span.start_time_ns)
    assert (root.name, root.span_type, root.inputs) == ("answer", "AGENT", {"question": "Weather in Paris?"})
    assert root.outputs == "It is 21 °C"
    assert (search.parent_id, search.inputs) == (root.span_id, {"q": "Weather in Paris?", "none": None})
    assert search.outputs[0]["metadata"] == {"doc_uri": "s3://a"}


def test_our_pages_read_the_same_trace(experiment):
    trace = Trace.objects.get(pk=answered())
    assert (trace.name, trace.session_id, trace.user_id, str(trace.experiment_id)) == (
        "answer",
        "s-1",
        "u1",
        experiment,
    )
    assert "Weather in Paris?" in trace.request_preview
    assert "21" in trace.response_preview


def test_spans_go_by_otlp_and_no_file_is_sent(experiment, monkeypatch):
    put = []
    monkeypatch.setattr("mlflow_bridge.rest.artifacts.store_spans_of_file", lambda *each: put.append(each))
    trace_id = answered()
    assert Span.objects.filter(trace=trace_id).count() == 2
    assert put == []


def test_an_error_stands_on_trace_and_span(experiment):
    with pytest.raises(ZeroDivisionError), mlflow.start_span("boom") as span:
        span.set_inputs({"n": 1 / 0})
    mlflow.flush_trace_async_logging()
    trace = mlflow.get_trace(mlflow.get_last_active_trace_id())
    assert trace.info.state == "ERROR"
    assert trace.data.spans[0].status.status_code == "ERROR"
    assert [event.name for event in trace.data.spans[0].events] == ["exception"]


def test_an_attachment_is_kept_with_its_trace(experiment, dana_client):
    with mlflow.start_span("image") as span:
        span.set_inputs({"image": Attachment(content_type="image/png", content_bytes=b"\x89PNG1234")})
    mlflow.flush_trace_async_logging()
    trace = mlflow.get_trace(mlflow.get_last_active_trace_id())
    address = trace.data.spans[0].inputs["image"]
    name = address.removeprefix("mlflow-attachment://").partition("?")[0]
    path = f"api/2.0/mlflow-artifacts/artifacts/{experiment}/traces/{trace.info.trace_id}/artifacts/attachments/{name}"
    assert dana_client("GET", path).content == b"\x89PNG1234"
    folder = f"{experiment}/traces/{trace.info.trace_id}/artifacts/attachments"
    files = dana_client("GET", f"api/2.0/mlflow-artifacts/artifacts?path={folder}").json()["files"]
    assert files == [{"path": name, "is_dir": False, "file_size": 8}]


def test_an_attachment_is_nobodys_who_may_not_read_the_trace(experiment, ask, charlie):
    path = f"api/2.0/mlflow-artifacts/artifacts/{experiment}/traces/{answered()}/artifacts/traces.json"
    assert ask(charlie, "GET", path).status_code == 404


@pytest.mark.parametrize("path", ["artifacts?path=1/other", "artifacts?path=1/traces/tr-nope/artifacts"])
def test_no_other_files_are_listed(dana_client, path):
    assert dana_client("GET", f"api/2.0/mlflow-artifacts/{path}").status_code == 404


def test_the_trace_of_a_copied_trace_keeps_name_and_tags(experiment):
    """The real server answers 404 here: it takes the copied tag for a race."""
    copy = mlflow.get_trace(answered())
    mlflow.add_trace(copy)
    mlflow.flush_trace_async_logging()
    info = mlflow.get_trace(mlflow.get_last_active_trace_id()).info
    assert info.tags["mlflow.artifactLocation"].endswith(f"{info.trace_id}/artifacts")


def test_a_missing_trace_is_none_for_the_fluent_api_and_an_error_for_the_client(sdk):
    missing = "tr-" + "0" * 32
    assert mlflow.get_trace(missing) is None
    with pytest.raises(MlflowException) as refused:
        sdk.get_trace(missing)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_tags_are_set_and_deleted(experiment, sdk):
    trace_id = answered()
    sdk.set_trace_tag(trace_id, "k", "v")
    sdk.set_trace_tag(trace_id, "gone", "v")
    sdk.delete_trace_tag(trace_id, "gone")
    tags = mlflow.get_trace(trace_id).info.tags
    assert tags["k"] == "v"
    assert "gone" not in tags
    with pytest.raises(MlflowException, match="No trace tag with key 'gone'"):
        sdk.delete_trace_tag(trace_id, "gone")


def test_traces_are_deleted_by_id_and_by_time(experiment, sdk):
    first, second = answered(), answered()
    assert sdk.delete_traces(experiment, trace_ids=[first, "tr-nope"]) == 1
    assert mlflow.get_trace(first) is None
    assert sdk.delete_traces(experiment, max_timestamp_millis=2_000_000_000_000, max_traces=5) == 1
    assert mlflow.get_trace(second) is None


def test_traces_of_a_run_are_found_by_it(experiment, sdk):
    linked, _other = answered(), answered()
    sdk.link_traces_to_run([linked], run_id="a" * 32)
    found = sdk.search_traces(locations=[experiment], filter_string=f"attribute.run_id = '{'a' * 32}'")
    assert [each.info.trace_id for each in found] == [linked]


INFO = {
    "trace_id": "tr-" + "5" * 32,
    "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}},
    "request_time": "2026-11-23T12:29:23.566Z",
    "execution_duration": "0.025s",
    "state": "OK",
    "trace_metadata": {"mlflow.trace.session": "s-9", "mlflow.traceInputs": '"hi"'},
    "tags": {"env": "test", "mlflow.traceName": "said", "mlflow.artifactLocation": "s3://elsewhere"},
    "request_preview": '"hi"',
}
SPAN = {
    "traceId": "5" * 32, "spanId": "00f067aa0ba902b7", "name": "root", "startTimeUnixNano": "1795436972781596915",
    "endTimeUnixNano": "1795436973781596915",
    "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.input.messages", "value": {"stringValue": json.dumps(
            [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}])}},
        {"key": "gen_ai.output.messages", "value": {"stringValue": json.dumps(
            [{"role": "assistant", "parts": [{"type": "text", "content": "hello"}]}])}},
    ],
}  # fmt: skip
SPANS = {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}


@pytest.mark.parametrize("order", [["info", "spans"], ["spans", "info"], ["info", "spans", "info"]])
def test_information_and_spans_merge_in_any_order(dana_client, order):
    sent = {
        "info": lambda: dana_client("POST", "api/3.0/mlflow/traces", json={"trace": {"trace_info": INFO}}),
        "spans": lambda: dana_client("POST", "v1/traces", json=SPANS),
    }
    answers = [sent[each]() for each in order]
    assert all(each.status_code == 200 for each in answers)
    info = mlflow.get_trace(INFO["trace_id"]).info
    assert (info.tags["env"], info.tags["mlflow.traceName"]) == ("test", "said")
    assert info.tags["mlflow.trace.spansLocation"] == "TRACKING_STORE"
    assert info.tags["mlflow.artifactLocation"] == f"mlflow-artifacts:/0/traces/{INFO['trace_id']}/artifacts"
    assert (info.trace_metadata["mlflow.trace.session"], info.execution_duration) == ("s-9", 25)
    assert (info.request_preview, info.response_preview) == ("hi", "hello")


def test_information_and_spans_that_come_at_once_lose_nothing(server, sdk):
    headers = {"Authorization": f"Bearer {os.environ['MLFLOW_TRACKING_TOKEN']}"}
    both = threading.Barrier(2)

    def send(path: str, bodies: list[dict]) -> list[int]:
        with httpx.Client(base_url=server, headers=headers, timeout=60) as client:
            return [client.post(path, json=body).status_code for body in bodies if both.wait() >= 0]

    ids = [f"{n:032x}" for n in range(1, 9)]
    infos = [{"trace": {"trace_info": {**INFO, "trace_id": f"tr-{each}"}}} for each in ids]
    spans = [{"resourceSpans": [{"scopeSpans": [{"spans": [{**SPAN, "traceId": each}]}]}]} for each in ids]
    with ThreadPoolExecutor(2) as threads:
        answers = [*threads.map(send, ["/api/3.0/mlflow/traces", "/v1/traces"], [infos, spans])]
    assert answers == [[200] * 8, [200] * 8]
    for each in ids:
        trace = mlflow.get_trace(f"tr-{each}")
        assert (trace.info.tags["mlflow.traceName"], trace.info.trace_metadata["mlflow.trace.session"]) == (
            "said",
            "s-9",
        )
        assert (len(trace.data.spans), trace.info.response_preview) == (1, "hello")


def test_a_span_of_another_instrumentation_says_its_inputs_in_mlflows_words(dana_client):
    dana_client("POST", "v1/traces", json=SPANS)
    span = mlflow.get_trace(INFO["trace_id"]).data.spans[0]
    assert span.span_type == "CHAT_MODEL"
    assert "hi" in json.dumps(span.inputs)
    assert "hello" in json.dumps(span.outputs)


def test_the_answer_to_the_information_tells_the_client_where_spans_are(dana_client):
    answer = dana_client("POST", "api/3.0/mlflow/traces", json={"trace": {"trace_info": INFO}})
    assert answer.json()["trace"]["trace_info"]["tags"]["mlflow.trace.spansLocation"] == "TRACKING_STORE"


def test_what_was_said_inside_a_span_gets_an_id(experiment):
    with mlflow.start_span("chat"):
        mlflow.log_feedback(trace_id=mlflow.get_active_trace_id(), name="good", value=True)
    mlflow.flush_trace_async_logging()
    (said,) = mlflow.get_trace(mlflow.get_last_active_trace_id()).info.assessments
    assert (said.name, said.value) == ("good", True)
    assert said.assessment_id.startswith("a-")


def test_spans_that_come_as_a_file_are_stored(dana_client, default_experiment):
    dana_client("POST", "api/3.0/mlflow/traces", json={"trace": {"trace_info": INFO}})
    spans = {"spans": [{
        "trace_id": "VVVVVVVVVVVVVVVVVVVVVQ==", "span_id": "APBnqgupArc=", "parent_span_id": None, "name": "root",
        "start_time_unix_nano": 1795436972781596915, "end_time_unix_nano": 1795436973781596915, "events": [],
        "status": {"code": "STATUS_CODE_OK", "message": ""}, "attributes": {"mlflow.spanType": '"AGENT"'},
    }]}  # fmt: skip
    path = f"api/2.0/mlflow-artifacts/artifacts/0/traces/{INFO['trace_id']}/artifacts/traces.json"
    assert dana_client("PUT", path, content=json.dumps(spans)).status_code == 200
    assert mlflow.get_trace(INFO["trace_id"]).data.spans[0].name == "root"
    assert len(dana_client("GET", path).json()["spans"]) == 1


def test_a_trace_for_no_experiment_is_refused(dana_client):
    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "99999"}}
    told = {"trace": {"trace_info": {**INFO, "trace_location": place}}}
    answer = dana_client("POST", "api/3.0/mlflow/traces", json=told)
    assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
