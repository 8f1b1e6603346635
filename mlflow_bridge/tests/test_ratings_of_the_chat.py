"""A rating in the chat is on its way in the transaction that keeps it, and arrives on the application's trace."""

from __future__ import annotations

import pytest
from django.db import transaction

from chat import judging
from mlflow_bridge import outbox
from mlflow_bridge.delivering import deliver_due
from mlflow_bridge.models import Delivery


@pytest.fixture
def answered(turn):
    turn.conversation.leaf = turn
    turn.conversation.save(update_fields=["leaf"])
    turn.own_trace_id = "tr-" + "5" * 32
    turn.save(update_fields=["own_trace_id"])
    return turn


def test_thumbs_and_what_came_of_them_arrive_where_the_application_keeps_its_trace(
    mlflow_server, connection, answered, alice
):
    mlflow_server.log_trace(trace_id=answered.own_trace_id)
    judging.thumb(answered, alice, False)
    judging.better_answer(answered, alice, "No, not after 30 days.")
    while deliver_due():
        pass
    thumb, better = mlflow_server.assessments(answered.own_trace_id)
    assert (thumb["assessment_name"], thumb["feedback"], thumb["source"]["source_id"]) == (
        "thumbs", {"value": False}, alice.email,
    )  # fmt: skip
    assert (better["assessment_name"], better["expectation"]) == (
        "expected_response", {"value": "No, not after 30 days."},
    )  # fmt: skip


def test_a_rating_that_was_not_kept_is_not_sent(connection, answered, alice):
    class Refused(Exception):
        pass

    with pytest.raises(Refused), transaction.atomic():
        judging.thumb(answered, alice, True)
        assert Delivery.objects.count() == 1
        raise Refused
    assert not Delivery.objects.exists()


def test_a_dead_server_is_nothing_that_an_expert_waits_for(connection, answered, alice):
    connection.tracking_uri = "http://127.0.0.1:9"
    connection.save()
    outbox.forget_connected()
    judging.thumb(answered, alice, True)
    assert Delivery.objects.get().state == "waiting"
