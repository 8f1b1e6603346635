"""Labeling sessions by plain requests: who may, what is refused, and what is done once. The SDK's way: packages/."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from accounts.models import ApiToken
from chat.models import Batch, Endpoint
from labeling import claiming
from labeling.models import LabelingSession, LabelSchema, QuestionSpec
from mlflow_bridge.rest.models import Artifact
from quality.models import DatasetRecord, EvaluationDataset
from traces.models import Assessment, Experiment, Span, Trace
from traces.search import search

HOME = "/api/2.0/reviewapp"


@pytest.fixture
def claims(db) -> Experiment:
    return Experiment.objects.create(name="claims")


@pytest.fixture
def correct(claims) -> LabelSchema:
    return LabelSchema.objects.ask(
        experiment=claims, name="correct", type="feedback", title="Correct?", input={"pass_fail": {}}
    )


@pytest.fixture
def traces(claims) -> list[Trace]:
    made = [Trace(trace_id=f"tr-{n:032x}", experiment=claims, request_time=f"2026-03-02T09:0{n}:00Z") for n in range(3)]
    return Trace.objects.bulk_create(made)


@pytest.fixture
def call(client, db):
    """Return a function: `call(dana, "POST", "labeling-sessions", name="…")` → status and JSON."""

    def send(user, method, path, **said):
        headers = {"Authorization": f"Bearer {ApiToken.objects.issue(user=user)}"}
        if method == "GET":
            response = client.get(f"{HOME}/{path}", said, headers=headers)
        else:
            body = json.dumps(said)
            response = client.generic(method, f"{HOME}/{path}", body, "application/json", headers=headers)
        return response.status_code, response.json()

    return send


@pytest.fixture
def session(call, mallory, alice, claims, correct, traces) -> str:
    """The id of a session that mallory's code made, open for alice."""
    said = {"experiment_id": claims.pk, "name": "March", "assigned_users": [alice.email], "label_schemas": ["correct"]}
    _, answer = call(mallory, "POST", "labeling-sessions", **said)
    session_id = answer["labeling_session"]["labeling_session_id"]
    call(mallory, "POST", f"labeling-sessions/{session_id}/traces", trace_ids=[trace.pk for trace in traces])
    return session_id


def row(session_id: str) -> LabelingSession:
    return LabelingSession.objects.get(pk=session_id)


def test_it_opens_by_itself_when_nothing_is_missing(call, mallory, alice, claims, correct, traces):
    said = {"experiment_id": claims.pk, "name": "March", "label_schemas": ["correct"]}
    status, made = call(mallory, "POST", "labeling-sessions", **said)
    path = f"labeling-sessions/{made['labeling_session']['labeling_session_id']}"
    assert (status, made["labeling_session"]["state"]) == (200, "draft")
    assert made["needs"] == ["There are no traces in it yet.", "Nobody is in it yet."]
    _, filled = call(mallory, "POST", f"{path}/traces", trace_ids=[traces[0].pk])
    assert (filled["labeling_session"]["state"], filled["needs"]) == ("draft", ["Nobody is in it yet."])
    _, manned = call(mallory, "PATCH", path, assigned_users=[alice.email])
    assert (manned["labeling_session"]["state"], manned["needs"]) == ("open", [])


def test_one_that_a_manager_sets_up_on_the_page_is_left_to_them(call, mallory, alice, claims, correct, traces):
    draft = LabelingSession.objects.create(experiment=claims, name="by hand", created_by=mallory)
    draft.set_questions([QuestionSpec(correct)])
    draft.set_reviewers([alice])
    status, answer = call(mallory, "POST", f"labeling-sessions/{draft.pk}/traces", trace_ids=[traces[0].pk])
    assert (status, answer["labeling_session"]["state"], answer["needs"]) == (200, "draft", [])
    assert row(draft.pk).n_items == 1


@pytest.mark.parametrize("path", ["", "/traces", "/dataset"])
def test_who_is_in_it_reads_it_and_no_more(call, session, alice, path):
    assert call(alice, "GET", f"labeling-sessions/{session}")[0] == 200
    method = "POST" if path else "DELETE"
    status, answer = call(alice, method, f"labeling-sessions/{session}{path}", trace_ids=[], dataset_name="d")
    assert (status, answer["error_code"]) == (403, "PERMISSION_DENIED")
    assert row(session).n_items == 3


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/traces"), ("POST", "/dataset")],
)
def test_to_strangers_it_does_not_exist(call, session, bob, method, path):
    status, answer = call(bob, method, f"labeling-sessions/{session}{path}", trace_ids=[], dataset_name="d")
    assert (status, answer["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_experts_see_no_drafts_and_nobody_else(call, session, mallory, alice, bob, claims):
    call(mallory, "PATCH", f"labeling-sessions/{session}", assigned_users=[alice.email, bob.email])
    call(mallory, "POST", "labeling-sessions", experiment_id=claims.pk, name="draft", assigned_users=[alice.email])
    _, listed = call(alice, "GET", "labeling-sessions", experiment_id=claims.pk)
    assert [(each["name"], each["assigned_users"]) for each in listed["labeling_sessions"]] == [
        ("March", [alice.email])
    ]
    assert call(alice, "POST", "labeling-sessions", experiment_id=claims.pk, name="mine")[0] == 403


def test_experts_sync_nothing(call, session, alice, bob):
    assert call(alice, "POST", f"labeling-sessions/{session}/sync", to_dataset="d")[0] == 403
    assert call(bob, "POST", f"labeling-sessions/{session}/sync", to_dataset="d")[0] == 404


def test_nobody_gets_anything_without_a_token(client, session):
    answer = client.get(f"{HOME}/labeling-sessions/{session}")
    assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")


def test_a_list_comes_in_pages(call, session, mallory, claims):
    for name in ("two", "three"):
        call(mallory, "POST", "labeling-sessions", experiment_id=claims.pk, name=name, label_schemas=["correct"])
    _, first = call(mallory, "GET", "labeling-sessions", experiment_id=claims.pk, max_results=2)
    assert [each["name"] for each in first["labeling_sessions"]] == ["three", "two"]
    token = first["next_page_token"]
    _, rest = call(mallory, "GET", "labeling-sessions", experiment_id=claims.pk, max_results=2, page_token=token)
    assert [each["name"] for each in rest["labeling_sessions"]] == ["March"]
    assert "next_page_token" not in rest


def test_more_sessions_take_no_more_queries(
    call, session, mallory, claims, alice, django_assert_num_queries, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20) as needed:
        call(mallory, "GET", "labeling-sessions", experiment_id=claims.pk)
    n_queries = len(needed.captured_queries)
    more = {"experiment_id": claims.pk, "label_schemas": ["correct"], "assigned_users": [alice.email]}
    for name in ("two", "three"):
        call(mallory, "POST", "labeling-sessions", name=name, **more)
    with django_assert_num_queries(n_queries):
        call(mallory, "GET", "labeling-sessions", experiment_id=claims.pk)


def test_a_closed_one_takes_nothing_more(call, session, mallory):
    row(session).close()
    status, answer = call(mallory, "POST", f"labeling-sessions/{session}/traces", trace_ids=[])
    assert (status, "closed" in answer["message"]) == (400, True)


def test_traces_that_are_not_here_are_named(call, session, mallory):
    _, answer = call(mallory, "POST", f"labeling-sessions/{session}/traces", trace_ids=["tr-0", "tr-0"])
    assert answer["unknown"] == ["tr-0"]


def test_a_whole_trace_that_can_not_be_read_is_refused_and_nothing_is_stored(call, session, mallory):
    path = f"labeling-sessions/{session}/traces"
    status, answer = call(mallory, "POST", path, traces=[{"info": {"trace_id": "tr-1"}, "data": {"spans": []}}])
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert Trace.objects.count() == 3


def test_a_trace_that_was_deleted_here_is_not_brought_back(call, session, mallory, traces):
    Trace.objects.filter(pk=traces[1].pk).update(deleted_at="2026-03-03T09:00:00Z")
    info = {"trace_id": traces[1].pk, "request_time": "2026-03-02T09:00:00Z"}
    path = f"labeling-sessions/{session}/traces"
    status, answer = call(mallory, "POST", path, traces=[{"info": info, "data": {"spans": []}}])
    assert (status, "was deleted here" in answer["message"]) == (404, True)


def test_of_another_experiments_trace_there_is_one_copy_without_its_run(call, session, mallory):
    other = Experiment.objects.create(name="other")
    trace = Trace.objects.create(
        trace_id="tr-" + "a" * 32, experiment=other, request_time="2026-03-02T10:00:00Z", client_request_id="req-1",
        metadata={"mlflow.sourceRun": "r", "kept": "yes"}, request_preview="Hail?",
    )  # fmt: skip
    Span.objects.create(trace=trace, span_id="b" * 16, name="root", start_time_ns=1, resource={"service.name": "x"})
    Artifact.objects.create(trace=trace, path="attachments/1", content=b"png")
    Assessment.objects.create(trace=trace, kind="feedback", name="n", value=1, source_type="HUMAN", source_id="x")
    for _ in range(2):
        call(mallory, "POST", f"labeling-sessions/{session}/traces", trace_ids=[trace.pk])
    copy = Trace.objects.get(tags__has_key="reviewapp.copyOf")
    assert (copy.experiment.name, copy.request_preview, copy.client_request_id) == ("claims", "Hail?", "")
    assert (copy.metadata["kept"], "mlflow.sourceRun" in copy.metadata) == ("yes", False)
    assert (copy.spans.get().resource, copy.artifacts.count(), copy.assessments.count()) == (
        {"service.name": "x"},
        1,
        0,
    )
    assert row(session).n_items == 4
    assert trace.spans.count() == 1


def test_a_copy_is_masked_as_its_experiment_wants(call, session, mallory, claims):
    claims.redaction = [{"kind": "email"}]
    claims.save()
    trace = Trace.objects.create(
        trace_id="tr-" + "a" * 32, experiment=Experiment.objects.create(name="other"),
        request_time="2026-03-02T10:00:00Z", request_preview="Write to eve@example.org",
    )  # fmt: skip
    call(mallory, "POST", f"labeling-sessions/{session}/traces", trace_ids=[trace.pk])
    copy = Trace.objects.get(tags__has_key="reviewapp.copyOf")
    assert "eve@example.org" not in copy.request_preview


def test_its_traces_are_those_of_its_run(session, traces, claims):
    run_id = row(session).pk.hex
    assert {trace.pk for trace in search(f"attribute.run_id = '{run_id}'").traces} == {trace.pk for trace in traces}
    page = search(f"run_id = '{run_id}' AND trace_id = '{traces[1].pk}'", max_results=1)
    assert [trace.pk for trace in page.traces] == [traces[1].pk]
    assert search(f"run_id = '{uuid4().hex}'").traces == []


def test_a_run_of_its_own_stays_found_by_what_traces_say(traces):
    Trace.objects.filter(pk=traces[0].pk).update(metadata={"mlflow.sourceRun": "a" * 32})
    assert [trace.pk for trace in search(f"run_id = '{'a' * 32}'").traces] == [traces[0].pk]


def test_one_that_nobody_has_begun_is_deleted(call, session, mallory):
    assert call(mallory, "DELETE", f"labeling-sessions/{session}") == (200, {})
    assert not LabelingSession.objects.exists()
    assert Trace.objects.count() == 3


def test_one_that_somebody_has_begun_is_closed_and_hidden_and_its_reviews_stay(call, session, mallory, alice, claims):
    review = claiming.next_review(row(session), alice)
    assert call(mallory, "DELETE", f"labeling-sessions/{session}") == (200, {})
    assert row(session).state == "closed"
    assert row(session).reviews.get() == review
    for person in (mallory, alice):
        assert call(person, "GET", f"labeling-sessions/{session}")[0] == 404
        assert call(person, "GET", "labeling-sessions", experiment_id=claims.pk) == (200, {})
    assert search(f"run_id = '{row(session).pk.hex}'").traces == []


def test_endpoints_are_found_by_name_version_or_id(call, mallory, claims):
    made = [Endpoint.objects.create(name="Guide", version=each, url="http://x", experiment=claims) for each in "12"]
    said = {"experiment_id": claims.pk, "agent_name": "guide", "overwrite": True}
    for named in ("Guide 2", str(made[1].pk)):
        _, answer = call(mallory, "POST", "agents", model_serving_endpoint=named, **said)
        assert answer["review_app"]["agents"] == [{"agent_name": "guide", "model_serving_endpoint": "Guide 2"}]
    status, answer = call(mallory, "POST", "agents", model_serving_endpoint="Guide", **said)
    assert (status, "Guide 1, Guide 2" in answer["message"]) == (400, True)


@pytest.fixture
def asking(call, mallory, claims) -> str:
    """The path of a session with an agent, and a dataset `d` of one question that nobody has answered."""
    Endpoint.objects.create(name="Guide", url="http://x", experiment=claims)
    call(mallory, "POST", "agents", experiment_id=claims.pk, agent_name="guide", model_serving_endpoint="Guide")
    _, made = call(
        mallory, "POST", "labeling-sessions", experiment_id=claims.pk, name="n", agent="guide", custom_inputs={"a": 1}
    )
    dataset = EvaluationDataset.objects.create(name="d")
    DatasetRecord.objects.create(dataset=dataset, inputs={"question": "Hail?"}, digest="1", expectations={"e": 1})
    return f"labeling-sessions/{made['labeling_session']['labeling_session_id']}/dataset"


def test_questions_without_an_answer_are_asked_once(call, mallory, asking):
    for _ in range(2):
        assert call(mallory, "POST", asking, dataset_name="d")[0] == 200
    batch = Batch.objects.get()
    question = batch.questions.get()
    assert (batch.custom_inputs, str(batch.endpoint), batch.created_by) == ({"a": 1}, "Guide", mallory)
    assert (question.messages, question.expectations) == ([{"role": "user", "content": "Hail?"}], {"e": 1})


def test_a_record_that_is_no_question_is_named_and_nothing_is_asked(call, mallory, asking):
    record = DatasetRecord.objects.create(dataset=EvaluationDataset.objects.get(), inputs={"n": 1}, digest="2")
    status, answer = call(mallory, "POST", asking, dataset_name="d")
    assert (status, record.pk in answer["message"]) == (400, True)
    assert not Batch.objects.exists()


def test_the_experiments_own_dataset_comes_first(call, mallory, session, claims, traces):
    own = EvaluationDataset.objects.create(name="d")
    own.experiments.add(claims)
    EvaluationDataset.objects.create(name="d")
    Assessment.objects.create(
        trace=traces[0], kind="expectation", name="e", value="No.", source_type="HUMAN", source_id="x"
    )
    Span.objects.create(
        trace=traces[0], span_id="b" * 16, name="root", start_time_ns=1,
        attributes={"mlflow.spanType": "CHAIN", "mlflow.spanInputs": {"q": "Hail?"}},
    )  # fmt: skip
    _, answer = call(mallory, "POST", f"labeling-sessions/{session}/sync", to_dataset="d")
    assert answer == {"inserted_count": 1, "updated_count": 0}
    assert [(each.inputs, each.expectations) for each in own.records.all()] == [({"q": "Hail?"}, {"e": "No."})]
