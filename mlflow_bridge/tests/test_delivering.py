"""What is said here arrives on the real MLflow server: once, in order, and in the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mlflow_bridge import delivering, outbox
from mlflow_bridge.delivering import PATIENCE, deliver_due, try_again
from mlflow_bridge.models import Delivery
from mlflow_bridge.pulling.models import PulledTrace, RemoteExperiment
from traces import assessing
from traces.models import Assessment, Trace


def due_now() -> None:
    """Let no pause stand in the way."""
    Delivery.objects.waiting().update(next_at=timezone.now())


def named(turn, trace_id: str) -> str:
    turn.own_trace_id = trace_id
    turn.save(update_fields=["own_trace_id"])
    return trace_id


def test_a_rating_is_written_to_the_trace_that_the_application_named(mlflow_server, connection, turn, say, alice):
    trace_id = named(turn, mlflow_server.log_trace())
    said = say(turn, False, rationale="It ignores section 3.9.", metadata={"reviewapp.turn": str(turn.pk)})
    assert deliver_due() == 1
    (there,) = mlflow_server.assessments(trace_id)
    assert there["assessment_id"] == said.pk
    assert there["assessment_name"] == "correct"
    assert there["feedback"] == {"value": False}
    assert there["rationale"] == "It ignores section 3.9."
    assert there["source"] == {"source_type": "HUMAN", "source_id": alice.email}
    assert there["metadata"] == {"reviewapp.turn": str(turn.pk)}
    connection.refresh_from_db()
    assert connection.last_delivered_at is not None and connection.last_error == ""


@pytest.mark.parametrize("value", ["A better answer.", ["one", "two"], 4, 2.5, {"a": 1}])
def test_values_of_every_type_arrive(mlflow_server, connection, turn, say, value):
    trace_id = named(turn, mlflow_server.log_trace())
    say(turn, value)
    deliver_due()
    assert mlflow_server.assessments(trace_id)[0]["feedback"]["value"] == value


def test_a_better_answer_arrives_as_an_expectation(mlflow_server, connection, turn, say):
    trace_id = named(turn, mlflow_server.log_trace())
    say(turn, "No, not after 30 days.", name="expected_response", kind="expectation")
    say(turn, ["30 days"], name="expected_facts", kind="expectation")
    assert deliver_due() == 2
    response, facts = mlflow_server.assessments(trace_id)
    assert response["expectation"]["value"] == "No, not after 30 days."
    assert facts["expectation"]["serialized_value"]["value"] == '["30 days"]'


def test_a_changed_mind_overrides_there_too(mlflow_server, connection, turn, say):
    trace_id = named(turn, mlflow_server.log_trace())
    first = say(turn, True)
    second = first.override(value=False)
    outbox.put([first.pk, second.pk])
    deliver_due()
    old, new = mlflow_server.assessments(trace_id)
    assert (old["assessment_id"], old["valid"]) == (first.pk, False)
    assert (new["assessment_id"], new["valid"], new["overrides"]) == (second.pk, True, first.pk)


def test_what_is_taken_back_goes_there_too(mlflow_server, connection, turn, say):
    trace_id = named(turn, mlflow_server.log_trace())
    said = say(turn, True)
    deliver_due()
    said.valid = False
    said.save(update_fields=["valid"])
    outbox.put([said.pk])
    assert deliver_due() == 1
    assert mlflow_server.assessments(trace_id) == []


def test_a_trace_that_comes_later_is_waited_for(mlflow_server, connection, turn, say):
    trace_id = named(turn, "tr-" + "7" * 32)
    say(turn)
    assert deliver_due() == 0
    assert "not on the server yet" in Delivery.objects.get().error
    mlflow_server.log_trace(trace_id=trace_id)
    due_now()
    assert deliver_due() == 1
    assert len(mlflow_server.assessments(trace_id)) == 1


def test_a_trace_that_never_comes_is_given_up_in_words(mlflow_server, connection, turn, say):
    named(turn, "tr-" + "8" * 32)
    say(turn)
    Delivery.objects.update(created_at=timezone.now() - PATIENCE - timedelta(seconds=1))
    assert deliver_due() == 0
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error) == ("given_up", "The trace never came to the server.")
    assert try_again(connection) == 1
    assert Delivery.objects.get().state == "waiting"


def test_a_trace_without_a_name_is_found_by_its_session(mlflow_server, connection, turn, say):
    session = str(turn.conversation_id)
    mlflow_server.log_trace(session=session, at=turn.started_at - timedelta(minutes=5))  # an earlier turn's
    trace_id = mlflow_server.log_trace(session=session, at=turn.started_at + timedelta(milliseconds=300))
    mlflow_server.log_trace(session="another")
    turn.ended_at = turn.started_at + timedelta(seconds=2)
    turn.save()
    say(turn)
    assert deliver_due() == 1
    assert len(mlflow_server.assessments(trace_id)) == 1


def test_a_trace_that_took_our_id_is_found_without_a_name(mlflow_server, connection, turn, endpoint, say):
    endpoint.sends_traceparent = True
    endpoint.save()
    mlflow_server.log_trace(trace_id=turn.trace_id)
    say(turn)
    assert deliver_due() == 1
    assert len(mlflow_server.assessments(turn.trace_id)) == 1


class Died(BaseException):
    pass


def test_a_crash_between_sending_and_noting_makes_no_double(mlflow_server, connection, turn, say, monkeypatch):
    trace_id = named(turn, mlflow_server.log_trace())
    say(turn)

    def die(*_args: object) -> bool:
        raise Died

    with monkeypatch.context() as dying, pytest.raises(Died):
        dying.setattr(delivering, "note", die)
        deliver_due()
    assert len(mlflow_server.assessments(trace_id)) == 1
    assert Delivery.objects.get().state == "waiting"
    assert deliver_due() == 0  # it is still held by the worker that died
    due_now()
    assert deliver_due() == 1
    assert len(mlflow_server.assessments(trace_id)) == 1


def test_what_is_changed_while_it_is_sent_goes_once_more(mlflow_server, connection, turn, say):
    trace_id = named(turn, mlflow_server.log_trace())
    said = say(turn, True)
    parcels = delivering.taken()
    assessing.update(said, value=False)
    assert delivering.deliver_to(parcels[0].delivery.connection, parcels) == 1
    assert mlflow_server.assessments(trace_id)[0]["feedback"] == {"value": True}
    assert deliver_due() == 1
    (there,) = mlflow_server.assessments(trace_id)
    assert there["feedback"] == {"value": False}
    assert Delivery.objects.get().state == "sent"


def test_a_slow_server_is_left_for_a_while(mlflow_server, connection, turn, say, monkeypatch):
    trace_id = named(turn, mlflow_server.log_trace())
    say(turn)
    with monkeypatch.context() as slow:
        slow.setattr(delivering, "LONGEST_S", -1)
        assert deliver_due() == 0
    assert Delivery.objects.get().attempts == 0
    assert deliver_due() == 1
    assert len(mlflow_server.assessments(trace_id)) == 1


def test_what_is_corrected_later_is_corrected_there(mlflow_server, connection, turn, say):
    trace_id = named(turn, mlflow_server.log_trace())
    said = say(turn, True, rationale="Right.")
    deliver_due()
    assessing.update(said, value=False, rationale="", metadata={"reviewapp.why": "typo"})
    assert deliver_due() == 1
    (there,) = mlflow_server.assessments(trace_id)
    assert (there["feedback"], there.get("rationale", "")) == ({"value": False}, "")
    assert there["metadata"]["reviewapp.why"] == "typo"


def test_what_follows_something_that_waits_waits_with_it(mlflow_server, connection, turn, say):
    named(turn, "tr-" + "6" * 32)
    first = say(turn, True)
    deliver_due()
    second = first.override(value=False)
    outbox.put([first.pk, second.pk])
    assert delivering.taken() == []
    due_now()
    assert [parcel.delivery.assessment_id for parcel in delivering.taken()] == [first.pk, second.pk]


def test_a_server_that_is_away_gets_it_when_it_is_back(mlflow_server, connection, turn, say):
    trace_id = named(turn, mlflow_server.log_trace())
    mlflow_server.stop()
    say(turn)
    assert deliver_due() == 0
    connection.refresh_from_db()
    assert "does not answer" in connection.last_error
    assert Delivery.objects.get().next_at > timezone.now()
    mlflow_server.start()
    due_now()
    assert deliver_due() == 1
    assert len(mlflow_server.assessments(trace_id)) == 1
    connection.refresh_from_db()
    assert connection.last_error == ""


def test_what_does_not_concern_a_connected_endpoint_stays_here(connection, turn, say, endpoint):
    connection.endpoints.clear()
    outbox.forget_connected()
    say(turn)
    assert not Delivery.objects.exists()


def test_the_outbox_costs_nothing_where_nothing_is_connected(turn, say, django_assert_num_queries):
    said = say(turn)
    with django_assert_num_queries(0):
        outbox.put([said.pk])


def test_a_copy_on_the_applications_own_trace_is_not_sent_beside_its_original(connection, turn, say, endpoint):
    own = Trace.objects.create(
        trace_id="tr-" + "4" * 32, experiment=endpoint.experiment, request_time=timezone.now(), state="OK"
    )
    there = RemoteExperiment.objects.create(
        connection=connection, remote_id="1", name="claims", experiment=endpoint.experiment
    )
    PulledTrace.objects.create(connection=connection, remote_experiment=there, remote_id=own.pk, trace=own)
    original = say(turn)
    copy = Assessment.objects.create(
        trace=own, name="correct", kind="feedback", value=True, source_type="HUMAN", source_id="a@x.org",
        metadata={"reviewapp.copy_of": original.pk},
    )  # fmt: skip
    outbox.put([copy.pk])
    assert [each.assessment_id for each in Delivery.objects.all()] == [original.pk]
