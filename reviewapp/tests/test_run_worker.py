from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from reviewapp.models import Heartbeat
from traces.models import Experiment, Trace


@pytest.mark.django_db(transaction=True)  # it opens and closes connections as it likes
def test_the_worker_gives_a_sign_of_life():
    call_command("run_worker", "--once")
    assert not Heartbeat.misses("worker")
    assert Heartbeat.objects.filter(name="worker").exists()


def test_the_worker_purges_what_was_deleted_a_while_ago(transactional_db):
    long_ago = timezone.now() - timedelta(hours=1)
    experiment = Experiment.objects.create(name="claims")
    Trace.objects.create(trace_id="tr-1", experiment=experiment, request_time=long_ago, deleted_at=long_ago)

    call_command("run_worker", "--once")

    assert not Trace.objects.exists()


def test_a_server_whose_worker_died_is_not_ready(client, db):
    assert client.get("/readyz").json()["worker"] is True  # none was started, none is needed
    Heartbeat.objects.create(name="worker", at=timezone.now() - timedelta(minutes=5))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["worker"]) == (503, False)
