"""Traces of a real MLflow server come over: all of them, once, and again when something about them changed there."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from mlflow_bridge.models import Connection, Delivery
from mlflow_bridge.pulling import pull as pulling_module
from mlflow_bridge.pulling.models import PulledTrace, RemoteExperiment
from mlflow_bridge.pulling.pull import pull
from mlflow_bridge.rest.models import Artifact
from mlflow_bridge.server import Refused, Unreachable
from traces.models import Assessment, Experiment, Trace
from traces.reading import conversation_of
from traces.related import related_to

A_WHILE = timedelta(minutes=5)


@pytest.fixture
def log(mlflow_server, there):
    """Return a function: a trace of some minutes ago, with spans."""

    def write(ago: timedelta = A_WHILE, **told) -> str:
        at = timezone.now() - ago
        return mlflow_server.log_trace(experiment_id=there, at=at, **{"spans": True, **told})

    return write


def test_a_trace_comes_with_all_that_it_says(pulling, there, log):
    trace_id = log(
        session="s-1", tags={"mlflow.traceName": "claims", "env": "prod"}, client_request_id="creq-1",
        trace_metadata={"mlflow.trace.session": "s-1", "mlflow.trace.user": "u-1", "app.version": "2"},
    )  # fmt: skip
    assert pull(pulling) == 1
    trace = Trace.objects.get(pk=trace_id)
    assert (trace.name, trace.state, trace.session_id, trace.user_id) == ("claims", "OK", "s-1", "u-1")
    assert (trace.client_request_id, trace.tags["env"], trace.metadata["app.version"]) == ("creq-1", "prod", "2")
    assert trace.experiment == RemoteExperiment.objects.get(remote_id=there).experiment
    root, search = trace.spans.order_by("start_time_ns", "id")
    assert (search.parent_id, search.span_type) == (root.span_id, "TOOL")
    assert search.attributes["mlflow.spanInputs"] == {"policy": 7, "deep": [1.5, None]}
    question, answer = conversation_of(trace).exchange
    assert (question.parts[0].text, answer.parts[0].text) == ("Am I covered?", "Yes, **fully**.")


def test_what_was_said_there_comes_with_its_sources_and_chain(mlflow_server, pulling, log):
    trace_id = log()
    first = mlflow_server.assess(trace_id, True, rationale="Fine.", metadata={"run": "7"})
    second = mlflow_server.assess(trace_id, False, overrides=first)
    mlflow_server.assess(
        trace_id, assessment_name="judge", source={"source_type": "LLM_JUDGE", "source_id": "gpt"},
        feedback={"error": {"error_code": "X", "error_message": "no key"}}, span_id=trace_id[3:19],
    )  # fmt: skip
    written = {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": '["a"]'}}
    said = {"assessment_name": "expected_facts", "source": {"source_type": "HUMAN", "source_id": "zoe"}}
    mlflow_server.post(f"3.0/mlflow/traces/{trace_id}/assessments", assessment={**said, "expectation": written})
    pull(pulling)
    old, new = Assessment.objects.get(pk=first), Assessment.objects.get(pk=second)
    assert (old.value, old.valid, old.rationale, old.metadata) == (True, False, "Fine.", {"run": "7"})
    assert (new.value, new.valid, new.overrides_id, new.source_id) == (False, True, first, "zoe@example.org")
    judge = Assessment.objects.get(name="judge")
    assert (judge.source_type, judge.error["error_message"], judge.span_id) == ("LLM_JUDGE", "no key", trace_id[3:19])
    facts = Assessment.objects.get(name="expected_facts")
    assert (facts.kind, facts.value) == ("expectation", ["a"])
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}  # nothing of it goes back


def test_a_second_time_changes_nothing(pulling, log):
    trace_id = log()
    pull(pulling)
    before = Trace.objects.get(pk=trace_id)
    assert pull(again(pulling)) == 0
    assert Trace.objects.get(pk=trace_id).revised_at == before.revised_at


def again(connection: Connection) -> Connection:
    """The connection, as the next turn reads it."""
    return Connection.objects.get(pk=connection.pk)


class Died(Exception):
    pass


def test_what_breaks_off_goes_on_where_it_was(pulling, log, monkeypatch):
    ids = [log(A_WHILE - timedelta(seconds=number)) for number in range(5)]
    store, calls = pulling_module.store, []

    def die_at_the_second(*args, **how):
        calls.append(args)
        if len(calls) == 2:
            raise Died
        return store(*args, **how)

    monkeypatch.setattr(pulling_module, "STORED_AT_ONCE", 2)
    with monkeypatch.context() as dying, pytest.raises(Died):
        dying.setattr(pulling_module, "store", die_at_the_second)
        pull(pulling)
    assert set(Trace.objects.values_list("pk", flat=True)) == set(ids[:2])
    assert pull(again(pulling)) == 3
    assert set(Trace.objects.values_list("pk", flat=True)) == set(ids)
    assert PulledTrace.objects.count() == 5


def test_many_traces_of_one_millisecond_all_come(mlflow_server, pulling, there, monkeypatch):
    at = timezone.now() - A_WHILE
    ids = {mlflow_server.log_trace(experiment_id=there, at=at) for _ in range(7)}
    later = mlflow_server.log_trace(experiment_id=there, at=at + timedelta(seconds=1))
    monkeypatch.setattr(pulling_module, "PAGE", 3)
    assert pull(pulling) == 8
    assert set(Trace.objects.values_list("pk", flat=True)) == {*ids, later}


def test_a_trace_that_comes_late_is_found(pulling, log):
    log()
    pull(pulling)
    late = log(A_WHILE + timedelta(minutes=1))
    assert pull(again(pulling)) == 1
    assert Trace.objects.filter(pk=late).exists()


def test_an_old_one_is_found_by_the_long_look(pulling, log):
    log()
    pull(pulling)
    late = log(timedelta(days=2))
    assert pull(again(pulling)) == 0
    pulling.pull_now()
    assert pull(again(pulling)) == 1
    assert Trace.objects.filter(pk=late).exists()


def test_spans_that_come_after_the_rest_are_fetched(mlflow_server, pulling, there, log):
    trace_id = log(spans=False)
    pull(pulling)
    assert not Trace.objects.get(pk=trace_id).spans.exists()
    mlflow_server.send_spans(trace_id, there, timezone.now() - A_WHILE, "Am I covered?")
    assert pull(again(pulling)) == 1
    assert Trace.objects.get(pk=trace_id).spans.count() == 2


def test_a_trace_that_has_just_ended_is_looked_at_once_more(pulling, log):
    log(timedelta(seconds=1))
    pull(pulling)
    assert PulledTrace.objects.get().digest == ""


def test_what_changes_there_is_brought_up_to_date(mlflow_server, pulling, log):
    trace_id = log()
    changed = mlflow_server.assess(trace_id, True, rationale="First.")
    gone = mlflow_server.assess(trace_id, 3, assessment_name="score")
    pull(pulling)
    mlflow_server.change(trace_id, changed, False)
    mlflow_server.delete(trace_id, gone)
    new = mlflow_server.assess(trace_id, "x", assessment_name="note")
    tag = {"key": "reviewed", "value": "yes"}
    assert httpx.patch(f"{mlflow_server.url}/api/3.0/mlflow/traces/{trace_id}/tags", json=tag).is_success
    assert pull(again(pulling)) == 1
    assert Trace.objects.get(pk=trace_id).tags["reviewed"] == "yes"
    said = Assessment.objects.get(pk=changed)
    assert (said.value, said.revisions[0]["value"], said.rationale) == (False, True, "First.")
    deleted = Assessment.objects.get(pk=gone)
    assert (deleted.valid, deleted.deleted_by) == (False, "MLflow: Team server")
    assert Assessment.objects.get(pk=new).value == "x"


def test_an_override_that_is_deleted_there_revives_here(mlflow_server, pulling, log):
    trace_id = log()
    first = mlflow_server.assess(trace_id, True)
    second = mlflow_server.assess(trace_id, False, overrides=first)
    pull(pulling)
    mlflow_server.delete(trace_id, second)
    pull(again(pulling))
    assert Assessment.objects.get(pk=first).valid is True
    assert Assessment.objects.get(pk=second).deleted_at is not None


def test_a_trace_that_was_deleted_here_does_not_come_back(pulling, log):
    trace_id = log()
    pull(pulling)
    Trace.objects.get(pk=trace_id).delete()
    pulling.pull_now()
    pull(again(pulling))
    assert not Trace.objects.filter(pk=trace_id).exists()


def test_spans_in_a_file_are_read_too(mlflow_server, pulling, there, log):
    trace_id = log(spans=False, tags={"mlflow.trace.spansLocation": "ARTIFACT_REPO"})
    span = {
        "trace_id": trace_id[3:], "span_id": "1" * 16, "parent_span_id": None, "name": "old",
        "start_time_unix_nano": 10**18, "end_time_unix_nano": 10**18 + 5, "status": {"code": "STATUS_CODE_OK"},
        "attributes": {"mlflow.spanType": '"CHAIN"', "mlflow.traceRequestId": f'"{trace_id}"'}, "events": [],
    }  # fmt: skip
    mlflow_server.put_file(there, trace_id, "traces.json", json.dumps({"spans": [span]}).encode())
    pull(pulling)
    assert Trace.objects.get(pk=trace_id).spans.get().name == "old"


def named(trace_id: str, attachment_id: str) -> str:
    return f"mlflow-attachment://{attachment_id}?content_type=image%2Fpng&trace_id={trace_id}&size=3"


def test_files_come_along(mlflow_server, pulling, there, log):
    trace_id, attachment_id = "tr-" + "a1" * 8 + "a2" * 8, "11111111-2222-3333-4444-555555555555"
    mlflow_server.put_file(there, trace_id, f"attachments/{attachment_id}", b"png")
    log(trace_id=trace_id, question=[{"type": "image_url", "image_url": {"url": named(trace_id, attachment_id)}}])
    pull(pulling)
    assert bytes(Artifact.objects.get(trace=trace_id).content) == b"png"
    assert PulledTrace.objects.get().lacks is None


def test_a_file_that_is_not_there_yet_is_asked_for_again_and_then_given_up(mlflow_server, pulling, there, log):
    trace_id, attachment_id = "tr-" + "b1" * 8 + "b2" * 8, "11111111-2222-3333-4444-666666666666"
    log(trace_id=trace_id, question=[{"type": "image_url", "image_url": {"url": named(trace_id, attachment_id)}}])
    pull(pulling)
    assert PulledTrace.objects.get().lacks[attachment_id]["attempts"] == 1
    for _ in range(4):
        pull(again(pulling))
    pulled = PulledTrace.objects.get()
    assert pulled.lacks is None
    assert "A file did not come" in pulled.error


def test_only_what_the_filter_lets_through_comes(pulling, log):
    log(tags={"env": "dev"})
    wanted = log(tags={"env": "prod"})
    pulling.pull_filter = "tags.env = 'prod'"
    pulling.save()
    assert pull(pulling) == 1
    assert Trace.objects.get().pk == wanted


def test_a_wrong_filter_is_said_in_the_servers_words(pulling, log):
    pulling.pull_filter = "nonsense = 3"
    with pytest.raises(Refused, match="nonsense"):
        pull(pulling)


def test_a_name_that_is_taken_here_gets_the_servers_beside_it(mlflow_server, pulling, log, there):
    log()
    name = httpx.get(f"{mlflow_server.url}/api/2.0/mlflow/experiments/get", params={"experiment_id": there}).json()
    name = name["experiment"]["name"]
    Experiment.objects.create(name=name)
    pull(pulling)
    assert Trace.objects.get().experiment.name == f"{name} (Team server)"


def test_a_trace_leads_back_to_mlflow(pulling, there, log, dana, alice):
    trace_id = log()
    pull(pulling)
    trace = Trace.objects.get()
    (page,) = related_to(trace, dana)
    assert page.words == "In MLflow: Team server"
    assert page.address == f"{pulling.tracking_uri}/#/experiments/{there}/traces?selectedEvaluationId={trace_id}"
    assert related_to(trace, alice) == []


def test_a_private_address_is_not_called_unless_it_is_allowed(pulling, settings):
    settings.ENDPOINT_PRIVATE_ADDRESSES = []
    with pytest.raises(Refused, match="ENDPOINT_PRIVATE_ADDRESSES"):
        pull(pulling)


def test_a_server_that_died_is_pulled_from_when_it_is_back(mlflow_server, pulling, log):
    trace_id = log()
    mlflow_server.stop()
    with pytest.raises(Unreachable, match="does not answer"):
        pull(pulling)
    mlflow_server.start()
    assert pull(again(pulling)) == 1
    assert Trace.objects.get().pk == trace_id
