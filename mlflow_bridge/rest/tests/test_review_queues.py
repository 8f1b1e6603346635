"""Review queues that code makes are sessions on our pages, and sessions are queues in code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlflow
import pytest
from django.urls import reverse
from django.utils import timezone
from mlflow.entities import AssessmentSource
from mlflow.exceptions import MlflowException
from mlflow.genai import label_schemas
from mlflow.genai import review_queues as rq

from accounts.models import Role, User
from labeling.answers import GivenAnswer
from labeling.claiming import next_review
from labeling.models import LabelingSession, LabelSchema, QuestionSpec, Review
from labeling.recording import complete, decline
from mlflow_bridge.rest.review_queue_access import queue_id_of
from traces.models import Assessment, Experiment, Trace


@pytest.fixture
def tone(experiment) -> LabelSchema:
    return LabelSchema.objects.ask(
        experiment=Experiment.objects.get(pk=experiment), name="tone", type="feedback", title="The tone",
        input={"categorical": {"options": ["warm", "cold"]}},
    )  # fmt: skip


@pytest.fixture
def traces(experiment) -> list[str]:
    return [
        Trace.objects.create(
            trace_id=f"tr-{n:032x}", experiment_id=int(experiment), state="OK", request_time=timezone.now(),
            request_preview=f"Question {n}",
        ).pk
        for n in (1, 2)
    ]  # fmt: skip


@pytest.fixture
def queue(tone, traces, alice, bob) -> rq.ReviewQueue:
    """A queue of both traces for alice and bob, made by dana's code."""
    made = rq.create_review_queue(
        "Week 12", queue_type="custom", users=["Alice@example.org", bob.email], schema_ids=[tone.pk]
    )
    rq.add_items_to_review_queue(made.queue_id, item_ids=traces)
    return made


def session_of(queue: rq.ReviewQueue) -> LabelingSession:
    return next(each for each in LabelingSession.objects.all() if queue_id_of(each) == queue.queue_id)


def refused(call: Callable[..., Any], *args: Any, **how: Any) -> tuple[str, str]:
    with pytest.raises(MlflowException) as error:
        call(*args, **how)
    return error.value.error_code, error.value.message


def statuses(queue: rq.ReviewQueue) -> list[str]:
    return [str(item.status) for item in rq.list_review_queue_items(queue.queue_id)]


def review_page(queue: rq.ReviewQueue) -> str:
    return reverse("labeling:review", args=[session_of(queue).pk])


# From code to the page


def test_a_queue_opens_on_the_review_page_with_its_question_and_people(queue, client_of, alice, charlie):
    page = client_of(alice).get(review_page(queue))
    assert (page.status_code, b"The tone" in page.content) == (200, True)
    assert client_of(charlie).get(review_page(queue)).status_code == 404
    assert queue.users == ["alice@example.org", "bob@example.org"]
    assert queue.created_by == "dana@example.org"


def test_a_queue_without_items_or_questions_has_a_page_too(experiment, client_of, alice, traces):
    empty = rq.create_review_queue("Empty", queue_type="custom", users=[alice.email])
    assert client_of(alice).get(review_page(empty)).status_code == 200
    rq.add_items_to_review_queue(empty.queue_id, item_ids=traces)
    assert b"submit" in client_of(alice).get(review_page(empty)).content


def test_who_has_no_account_is_awaited_and_let_in_with_one(experiment, client_of, mallory):
    made = rq.create_review_queue("Q", queue_type="custom", users=["Ann@x.org", "carol"])
    assert rq.get_review_queue(made.queue_id).users == ["ann@x.org", "carol"]
    setup = client_of(mallory).get(reverse("labeling:setup", args=[session_of(made).pk])).content.decode()
    assert "ann@x.org" in setup
    assert "they have no account yet" in setup
    ann = User.objects.create_user("ann@x.org")
    assert rq.get_review_queue(made.queue_id).users == ["ann@x.org", "carol"]
    assert list(session_of(made).people.all()) == [ann]
    rq.update_review_queue(made.queue_id, users=["dave@x.org"])
    assert rq.get_review_queue(made.queue_id).users == ["dave@x.org"]


def test_a_users_queue_asks_all_that_the_experiment_asks_now_and_later(tone, traces, alice, client_of):
    mine = rq.get_or_create_user_queue("Alice@example.org")
    assert (mine.name, str(mine.queue_type), mine.created_by) == ("alice@example.org", "user", "alice@example.org")
    assert rq.get_or_create_user_queue(alice.email).queue_id == mine.queue_id
    LabelSchema.objects.ask(
        experiment=tone.experiment, name="later", type="feedback", title="Later", input={"text": {}}
    )
    rq.add_items_to_review_queue(mine.queue_id, item_ids=traces)
    page = client_of(alice).get(review_page(mine)).content.decode()
    assert page.index("The tone") < page.index("Later")
    assert mine.schema_ids == []


def test_a_question_that_only_queues_of_code_ask_is_renamed_and_deleted(ask, mallory, tone):
    rq.get_or_create_user_queue("alice@example.org")
    told = {"schema_id": tone.pk, "name": "mood"}
    assert ask(mallory, "PATCH", "api/3.0/mlflow/label-schemas/update", json=told).status_code == 200
    assert ask(mallory, "DELETE", "api/3.0/mlflow/label-schemas/delete", json=told).json() == {}
    assert not LabelSchema.objects.exists()


# From the page to code


def test_a_session_is_a_queue(sdk, tone, traces, alice, bob, mallory):
    session = LabelingSession.objects.create(experiment=tone.experiment, name="March", created_by=mallory)
    session.add_traces(Trace.objects.order_by("pk"))
    session.set_questions([QuestionSpec(tone)])
    session.set_reviewers([bob, alice])
    session.open()
    found = rq.get_review_queue(name="march")
    assert (found.queue_id, str(found.queue_type), found.users) == (
        queue_id_of(session), "custom", ["bob@example.org", "alice@example.org"],
    )  # fmt: skip
    assert (found.schema_ids, found.created_by) == ([tone.pk], "mallory@example.org")
    assert [item.item_id for item in rq.list_review_queue_items(found.queue_id)] == traces
    assert [each.name for each in rq.list_review_queues(user="BOB@example.org")] == ["March"]
    assert list(rq.list_review_queues(user="charlie@example.org")) == []


def test_a_review_on_the_page_is_a_status_in_code(queue, alice, bob, tone):
    session = session_of(queue)
    first = next_review(session, alice)
    assert statuses(queue) == ["pending", "pending"]
    complete(first, [GivenAnswer(session.questions.get(), tone.current, "warm")], active_s=3)
    decline(next_review(session, bob), reason=Review.Reason.UNCLEAR)
    done, declined = rq.list_review_queue_items(queue.queue_id)
    assert (str(done.status), done.completed_by) == ("complete", "alice@example.org")
    assert (str(declined.status), declined.completed_by) == ("declined", "bob@example.org")
    assert done.completed_time_ms >= done.creation_time_ms
    for status in ("complete", "declined"):
        assert len(rq.list_review_queue_items(queue.queue_id, status=status)) == 1
    assert list(rq.list_review_queue_items(queue.queue_id, status="pending")) == []
    next_review(session, alice)  # she takes up what bob declined
    assert statuses(queue) == ["complete", "pending"]


# Statuses that code sets


def test_what_code_said_for_a_reviewer_becomes_their_answers(queue, traces, alice, client_of, mallory):
    mlflow.log_feedback(
        trace_id=traces[0], name="tone", value="warm", rationale="Kind.", source=AssessmentSource("HUMAN", alice.email)
    )
    item = rq.set_review_queue_item_status(
        queue.queue_id, item_id=traces[0], status="complete", completed_by="Alice@example.org"
    )
    assert (str(item.status), item.completed_by) == ("complete", "alice@example.org")
    answer = Review.objects.get(status="complete").answers.get()
    assert (answer.assessment.value, answer.assessment.valid) == ("warm", True)
    assert Assessment.objects.count() == 1
    session = session_of(queue)
    assert (session.n_done, session.reviewers.get(user=alice).n_complete) == (1, 1)
    dashboard = client_of(mallory).get(reverse("labeling:session", args=[session.pk]))
    assert b"warm" in dashboard.content


def test_a_value_that_the_question_does_not_know_is_no_answer(queue, traces, alice):
    mlflow.log_feedback(trace_id=traces[0], name="tone", value="hot", source=AssessmentSource("HUMAN", alice.email))
    rq.set_review_queue_item_status(queue.queue_id, item_id=traces[0], status="complete", completed_by=alice.email)
    assert not Review.objects.get(status="complete").answers.exists()
    mlflow.log_feedback(trace_id=traces[0], name="tone", value="cold", source=AssessmentSource("HUMAN", alice.email))
    rq.set_review_queue_item_status(queue.queue_id, item_id=traces[0], status="complete", completed_by=alice.email)
    assert Review.objects.get(status="complete").answers.get().assessment.value == "cold"


def test_a_later_word_of_the_same_person_takes_the_place_of_their_answer(queue, traces, alice):
    how = {"item_id": traces[0], "status": "complete", "completed_by": alice.email}
    for value in ("warm", "cold"):
        mlflow.log_feedback(trace_id=traces[0], name="tone", value=value, source=AssessmentSource("HUMAN", alice.email))
        rq.set_review_queue_item_status(queue.queue_id, **how)
    old, new = mlflow.get_trace(traces[0]).info.assessments
    assert (old.valid, new.value, new.overrides) == (False, "cold", old.assessment_id)
    assert Review.objects.get().answers.get().assessment_id == new.assessment_id


def test_a_reopened_item_comes_back_to_its_reviewer_with_what_they_said(queue, traces, alice, client_of):
    said = AssessmentSource("HUMAN", alice.email)
    mlflow.log_feedback(trace_id=traces[0], name="tone", value="warm", source=said)
    how = {"item_id": traces[0], "completed_by": alice.email}
    rq.set_review_queue_item_status(queue.queue_id, status="complete", **how)
    reopened = rq.set_review_queue_item_status(queue.queue_id, item_id=traces[0], status="pending")
    assert (str(reopened.status), reopened.completed_by) == ("pending", None)
    assert b"checked" in client_of(alice).get(review_page(queue)).content
    Review.objects.update(status="pending")  # her page is closed again
    session_of(queue).items.update(n_held=0)
    rq.set_review_queue_item_status(queue.queue_id, status="complete", **how)
    assert Review.objects.get(status="complete").answers.get().assessment.value == "warm"


def test_a_complete_item_can_be_declined_and_taken_up_again(queue, traces, alice):
    how = {"item_id": traces[0], "completed_by": alice.email}
    for status in ("declined", "complete", "declined", "declined"):
        item = rq.set_review_queue_item_status(queue.queue_id, status=status, **how)
        assert str(item.status) == status
    session = session_of(queue)
    assert (session.n_done, session.n_open, session.reviewers.get(user=alice).n_declined) == (0, 2, 1)
    rq.set_review_queue_item_status(queue.queue_id, item_id=traces[0], status="pending")
    assert statuses(queue) == ["pending", "pending"]


def test_nobody_is_overruled(queue, traces, alice, bob):
    held = next_review(session_of(queue), bob)
    set_status = rq.set_review_queue_item_status
    by_alice = {"item_id": traces[0], "status": "complete", "completed_by": alice.email}
    code, message = refused(set_status, queue.queue_id, **by_alice)
    assert (code, "Others have all its reviews" in message) == ("RESOURCE_CONFLICT", True)
    code, message = refused(set_status, queue.queue_id, **{**by_alice, "completed_by": bob.email})
    assert (code, "at this moment" in message) == ("RESOURCE_CONFLICT", True)
    complete(held, [], active_s=1)
    assert set_status(queue.queue_id, **by_alice).completed_by == bob.email
    code, _message = refused(set_status, queue.queue_id, **{**by_alice, "status": "declined"})
    assert code == "RESOURCE_CONFLICT"
    assert Review.objects.count() == 1


def test_a_closed_session_says_so(queue, traces, alice):
    session_of(queue).close()
    how = {"item_id": traces[0], "status": "complete", "completed_by": alice.email}
    assert "is not open" in refused(rq.set_review_queue_item_status, queue.queue_id, **how)[1]
    assert "is not open" in refused(rq.add_items_to_review_queue, queue.queue_id, item_ids=traces)[1]


@pytest.mark.parametrize(
    ("completed_by", "words"),
    [("charlie@example.org", "is not one of the queue's users"), ("ann@x.org", "has no account here yet")],
)
def test_only_the_queues_people_finish_its_items(queue, traces, charlie, completed_by, words):
    rq.update_review_queue(queue.queue_id, users=["alice@example.org", "ann@x.org"])
    code, message = refused(
        rq.set_review_queue_item_status, queue.queue_id, item_id=traces[0], status="complete", completed_by=completed_by
    )
    assert (code, words in message) == ("INVALID_PARAMETER_VALUE", True)


# Changing and deleting


def test_an_empty_queue_gets_other_questions_people_and_a_name(tone, experiment, alice, sdk):
    made = rq.create_review_queue("Q", queue_type="custom")
    changed = rq.update_review_queue(made.queue_id, name="Q2", users=[alice.email], schema_ids=[tone.pk])
    assert (changed.name, changed.users, changed.schema_ids) == ("Q2", ["alice@example.org"], [tone.pk])
    assert session_of(made).questions.get().is_required
    emptied = rq.update_review_queue(made.queue_id, users=[], schema_ids=[])
    assert (emptied.users, emptied.schema_ids) == ([], [])


def test_items_that_nobody_began_are_taken_out(queue, traces, alice):
    next_review(session_of(queue), alice)
    code, message = refused(rq.remove_items_from_review_queue, queue.queue_id, item_ids=traces)
    assert (code, traces[0] in message) == ("RESOURCE_CONFLICT", True)
    assert len(statuses(queue)) == 2
    rq.remove_items_from_review_queue(queue.queue_id, item_ids=[traces[1], "tr-x"])
    assert [item.item_id for item in rq.list_review_queue_items(queue.queue_id)] == [traces[0]]


def test_a_deleted_queue_is_gone_and_its_traces_are_free(queue, traces):
    rq.delete_review_queue(queue.queue_id)
    rq.delete_review_queue(queue.queue_id)
    assert not LabelingSession.objects.exists()
    assert (
        mlflow.MlflowClient().delete_traces(str(Trace.objects.get(pk=traces[0]).experiment_id), trace_ids=traces) == 2
    )


def test_a_deleted_queue_with_reviews_is_closed_and_hidden_and_nothing_is_lost(queue, alice, tone):
    session = session_of(queue)
    complete(next_review(session, alice), [GivenAnswer(session.questions.get(), tone.current, "warm")], active_s=1)
    rq.delete_review_queue(queue.queue_id)
    assert refused(rq.get_review_queue, queue.queue_id)[0] == "RESOURCE_DOES_NOT_EXIST"
    assert list(rq.list_review_queues()) == []
    assert LabelingSession.objects.get().state == "closed"
    assert Assessment.objects.get().valid
    assert rq.create_review_queue("Week 12", queue_type="custom").queue_id != queue.queue_id


# Who may


def test_an_expert_sees_only_theirs_and_reports_only_their_own(queue, ask, alice, bob, charlie, traces):
    prefix = "api/3.0/mlflow/review-queues"
    held = next_review(session_of(queue), alice)
    mine = ask(alice, "GET", f"{prefix}/list?experiment_id={session_of(queue).experiment_id}").json()["review_queues"]
    assert [(each["queue_id"], each["users"]) for each in mine] == [(queue.queue_id, ["alice@example.org"])]
    items = ask(alice, "GET", f"{prefix}/items/list?queue_id={queue.queue_id}").json()["items"]
    assert [(each["item_id"], each["status"]) for each in items] == [(traces[0], "PENDING")]
    told = {"queue_id": queue.queue_id, "item_id": traces[0], "status": "COMPLETE", "completed_by": bob.email}
    done = ask(alice, "POST", f"{prefix}/items/set-status", json=told).json()["item"]
    assert (done["status"], done["completed_by"]) == ("COMPLETE", "alice@example.org")
    assert ask(bob, "POST", f"{prefix}/items/set-status", json=told).status_code == 404
    assert ask(alice, "POST", f"{prefix}/items/set-status", json={**told, "status": "PENDING", "completed_by": None}
               ).json()["item"]["status"] == "PENDING"  # fmt: skip
    held.refresh_from_db()
    assert held.status == "pending"
    assert ask(charlie, "GET", f"{prefix}/get?queue_id={queue.queue_id}").status_code == 404
    with_bob = f"{prefix}/list?experiment_id={session_of(queue).experiment_id}&user={bob.email}"
    assert ask(alice, "GET", with_bob).json()["review_queues"] == []
    question = f"api/3.0/mlflow/label-schemas/get?schema_id={queue.schema_ids[0]}"
    assert ask(alice, "GET", question).json()["label_schema"]["name"] == "tone"
    assert ask(charlie, "GET", question).status_code == 404
    listed = ask(charlie, "GET", f"{prefix}/list?experiment_id={session_of(queue).experiment_id}").json()
    assert listed["review_queues"] == []


def test_an_expert_makes_and_changes_no_queue(queue, ask, alice):
    told = {
        "queue_id": queue.queue_id, "experiment_id": str(session_of(queue).experiment_id), "name": "Mine",
        "user": "a@b.c", "queue_type": "CUSTOM", "item_ids": ["tr-1"],
    }  # fmt: skip
    for deed in ("create", "get-or-create-user", "update", "items/add", "items/remove", "delete"):
        answer = ask(alice, "POST", f"api/3.0/mlflow/review-queues/{deed}", json=told)
        assert (deed, answer.status_code) == (deed, 403)


def test_a_developer_changes_their_own_and_a_manager_all(queue, ask, mallory):
    ned = User.objects.create_user("ned@example.org", role=Role.DEVELOPER)
    told = {"queue_id": queue.queue_id, "name": "Other"}
    assert ask(ned, "POST", "api/3.0/mlflow/review-queues/update", json=told).status_code == 403
    assert ask(ned, "POST", "api/3.0/mlflow/review-queues/delete", json=told).status_code == 403
    owned = {**told, "new_owner": "ned@example.org"}
    assert ask(ned, "POST", "api/3.0/mlflow/review-queues/update", json=owned).status_code == 403
    changed = ask(mallory, "POST", "api/3.0/mlflow/review-queues/update", json=owned).json()["review_queue"]
    assert (changed["name"], changed["created_by"]) == ("Other", "ned@example.org")
    assert ask(ned, "POST", "api/3.0/mlflow/review-queues/update", json=told).status_code == 200


# What is refused


NO_QUEUES: list[dict[str, Any]] = [
    {"name": "Default"}, {"name": " "}, {"name": "alice@example.org"}, {"name": "n" * 251},
    {"name": "q", "schema_ids": ["ls-nope"]}, {"name": "q", "users": [f"u{n}" for n in range(11)]},
    {"name": "q", "users": [" "]}, {"name": "zed@x.org", "queue_type": "user", "users": ["other"]},
    {"name": "zed@x.org", "queue_type": "user", "schema_ids": ["ls-1"]},
]  # fmt: skip


def test_what_is_no_queue_is_refused(experiment, alice):
    for how in NO_QUEUES:
        code, _message = refused(rq.create_review_queue, **{"queue_type": "custom", **how})
        assert (how, code) == (how, "INVALID_PARAMETER_VALUE")
    assert not LabelingSession.objects.exists()


def test_a_name_is_given_once_whatever_its_case(queue, experiment):
    assert refused(rq.create_review_queue, "WEEK 12", queue_type="custom")[0] == "RESOURCE_ALREADY_EXISTS"
    other = rq.create_review_queue("Other", queue_type="custom")
    assert refused(rq.update_review_queue, other.queue_id, name="week 12")[0] == "RESOURCE_ALREADY_EXISTS"
    assert rq.update_review_queue(other.queue_id, name="OTHER").name == "OTHER"


def test_a_trace_of_another_experiment_is_not_taken(queue, default_experiment):
    elsewhere = Trace.objects.create(
        trace_id="tr-" + "9" * 32, experiment=default_experiment, state="OK", request_time=timezone.now()
    )
    code, message = refused(rq.add_items_to_review_queue, queue.queue_id, item_ids=[elsewhere.pk])
    assert (code, elsewhere.pk in message) == ("RESOURCE_DOES_NOT_EXIST", True)
    assert len(statuses(queue)) == 2


def test_pages_go_on_where_they_ended(queue, tone):
    rq.create_review_queue("Second", queue_type="custom")
    page = rq.list_review_queues(max_results=1)
    assert [each.name for each in page] == ["Second"]
    assert [each.name for each in rq.list_review_queues(max_results=1, page_token=page.token)] == ["Week 12"]
    items = rq.list_review_queue_items(queue.queue_id, max_results=1)
    assert len(rq.list_review_queue_items(queue.queue_id, page_token=items.token)) == 1


def test_a_label_schema_made_by_code_is_asked(ask, mallory, sdk, experiment, token_of, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token_of(mallory))
    made = label_schemas.create_label_schema(
        name="clear", type="feedback", input=label_schemas.InputPassFail("Yes", "No"), instruction="Look twice."
    )
    queue = rq.create_review_queue("Q", queue_type="custom", schema_ids=[made.schema_id])
    assert session_of(queue).questions.get().schema.name == "clear"
