"""What is said here about a trace that was taken over stands on the real server: once, with its chain, and no echo."""

from __future__ import annotations

from datetime import timedelta

import mlflow
import pytest
from django.db import transaction
from django.utils import timezone

from mlflow_bridge import outbox
from mlflow_bridge.delivering import deliver_due
from mlflow_bridge.models import Delivery
from mlflow_bridge.pulling.models import PulledTrace
from mlflow_bridge.pulling.pull import pull
from mlflow_bridge.settling import keep_theirs, send_ours
from traces import assessing
from traces.models import Assessment, Trace


@pytest.fixture
def trace(mlflow_server, pulling, there) -> Trace:
    at = timezone.now() - timedelta(minutes=5)
    trace_id = mlflow_server.log_trace(experiment_id=there, at=at, spans=True)
    pull(pulling)
    return Trace.objects.get(pk=trace_id)


@pytest.fixture
def say(trace, alice):
    """Return a function: something that alice says about the trace."""

    def write(value=True, name="correct", **more) -> Assessment:
        return assessing.say(trace, alice, kind="feedback", name=name, value=value, **more)

    return write


def delivered() -> None:
    while deliver_due():
        pass


def by_id(mlflow_server, trace) -> dict[str, dict]:
    return {each["assessment_id"]: each for each in mlflow_server.assessments(trace.pk)}


def test_what_is_said_arrives_once_and_does_not_come_back(mlflow_server, pulling, trace, say, alice):
    said = say(False, rationale="Section 3.9.", span_id=trace.pk[3:19], metadata={"reviewapp.item": "7"})
    assert deliver_due() == 1
    (there,) = mlflow_server.assessments(trace.pk)
    assert (there["assessment_id"], there["feedback"], there["span_id"]) == (said.pk, {"value": False}, trace.pk[3:19])
    assert (there["rationale"], there["metadata"]) == ("Section 3.9.", {"reviewapp.item": "7"})
    assert there["source"] == {"source_type": "HUMAN", "source_id": alice.email}
    pulling.refresh_from_db()
    pull(pulling)
    assert Assessment.objects.count() == 1
    assert deliver_due() == 0
    assert Delivery.objects.get().state == "sent"


@pytest.mark.filterwarnings("ignore:::mlflow")
def test_mlflows_own_client_finds_it(mlflow_server, trace, say, there):
    first = say(True)
    second = assessing.override(first, value=False, rationale="After all not.")
    delivered()
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(mlflow_server.url)
    (found,) = mlflow.search_traces(
        locations=[there], filter_string="feedback.correct = 'false'", return_type="list"
    )  # fmt: skip
    mlflow.set_tracking_uri(before)
    said = {each.assessment_id: each for each in found.info.assessments}
    assert (said[first.pk].valid, said[second.pk].valid) == (False, True)
    assert (said[second.pk].overrides, said[second.pk].rationale) == (first.pk, "After all not.")


def test_what_came_from_there_is_overridden_there(mlflow_server, pulling, trace, dana):
    theirs = mlflow_server.assess(trace.pk, True)
    pulling.refresh_from_db()
    pull(pulling)
    ours = assessing.override(Assessment.objects.get(pk=theirs), value=False, by=dana)
    assert deliver_due() == 1
    there = by_id(mlflow_server, trace)
    assert (there[theirs]["valid"], there[ours.pk]["overrides"]) == (False, theirs)
    pull(pulling)
    assert Assessment.objects.get(pk=ours.pk).valid is True


def test_what_is_deleted_here_is_deleted_there_and_what_it_overrode_holds_again(mlflow_server, trace, say):
    first = say(True)
    second = assessing.override(first, value=False)
    delivered()
    assessing.delete(second)
    delivered()
    (there,) = mlflow_server.assessments(trace.pk)
    assert (there["assessment_id"], there["valid"]) == (first.pk, True)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_what_was_taken_back_before_it_was_sent_never_goes(mlflow_server, trace, say):
    assessing.delete(say(True))
    delivered()
    assert mlflow_server.assessments(trace.pk) == []


def test_what_was_not_kept_is_not_sent(trace, say):
    with pytest.raises(RuntimeError), transaction.atomic():
        say(True)
        assert Delivery.objects.count() == 1
        raise RuntimeError
    assert not Delivery.objects.exists()


@pytest.fixture
def conflict(mlflow_server, pulling, trace, say) -> Delivery:
    """Alice's answer was changed there after it was sent, and here too."""
    said = say("ours")
    delivered()
    mlflow_server.change(trace.pk, said.pk, "theirs")
    assessing.update(said, value="ours again")
    assert deliver_due() == 0
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error) == ("conflict", "It was changed on the server.")
    assert delivery.theirs["value"] == "theirs"
    assert mlflow_server.assessments(trace.pk)[0]["feedback"] == {"value": "theirs"}
    return delivery


def test_in_a_conflict_ours_can_be_sent_all_the_same(mlflow_server, trace, conflict):
    send_ours(conflict)
    assert deliver_due() == 1
    assert mlflow_server.assessments(trace.pk)[0]["feedback"] == {"value": "ours again"}
    assert Delivery.objects.get().state == "sent"


def test_in_a_conflict_theirs_can_stay(mlflow_server, pulling, trace, conflict, alice):
    keep_theirs(conflict, by=alice)
    pulling.pull_now()
    pulling.refresh_from_db()
    pull(pulling)
    assert deliver_due() == 0
    assert mlflow_server.assessments(trace.pk)[0]["feedback"] == {"value": "theirs"}
    assert Assessment.objects.get().value == "ours again"  # what alice said, nobody else changes
    assert Delivery.objects.get().state == "sent"


def test_what_was_changed_there_only_is_noted_and_what_was_said_here_stays(mlflow_server, pulling, trace, say):
    said = say("ours")
    delivered()
    mlflow_server.change(trace.pk, said.pk, "theirs")
    pulling.refresh_from_db()
    pull(pulling)
    assert Assessment.objects.get().value == "ours"
    assert Delivery.objects.get().error == "It was changed on the server."


def test_what_was_deleted_there_is_noted_and_can_be_sent_again(mlflow_server, pulling, trace, say):
    said = say("ours")
    delivered()
    mlflow_server.delete(trace.pk, said.pk)
    pulling.refresh_from_db()
    pull(pulling)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error) == ("conflict", "It was deleted on the server.")
    send_ours(delivery)
    assert deliver_due() == 1
    assert [each["assessment_id"] for each in mlflow_server.assessments(trace.pk)] == [said.pk]


def test_changed_on_both_sides_theirs_can_be_taken(mlflow_server, pulling, trace, dana):
    theirs = mlflow_server.assess(trace.pk, "first")
    pulling.refresh_from_db()
    pull(pulling)
    said = Assessment.objects.get(pk=theirs)
    assessing.update(said, value="ours")
    mlflow_server.change(trace.pk, theirs, "theirs")
    assert deliver_due() == 0
    keep_theirs(Delivery.objects.get(), by=dana)
    said.refresh_from_db()
    assert (said.value, said.revisions[-1]["value"]) == ("theirs", "ours")
    assert deliver_due() == 0


def test_a_trace_that_is_gone_there_is_said(trace, say):
    PulledTrace.objects.update(remote_id="tr-" + "9" * 32)
    say(True)
    assert deliver_due() == 0
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error) == ("given_up", "The trace is not on the server any more.")


def test_nothing_is_written_where_that_is_switched_off(pulling, trace, say):
    pulling.writes_back = False
    pulling.save()
    say(True)
    assert not Delivery.objects.exists()


def test_the_outbox_takes_few_queries(trace, say, django_assert_max_num_queries):
    said = say(True)
    outbox.connected()
    with django_assert_max_num_queries(4):
        outbox.put([said.pk])
