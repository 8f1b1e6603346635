"""What the worker does again and again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError

from reviewapp.lib import periodic as registry
from reviewapp.lib.periodic import Job, periodic


@pytest.fixture
def jobs(monkeypatch) -> list[Job]:
    found: list[Job] = []
    monkeypatch.setattr(registry, "JOBS", found)
    monkeypatch.setattr("reviewapp.management.commands.run_worker.JOBS", found)
    return found


def test_a_job_is_due_at_the_start_and_again_after_its_interval(jobs):
    done = []
    periodic(every=timedelta(seconds=10))(lambda: done.append(1))
    (job,) = jobs
    assert job.is_due(0.0)
    job.run()
    assert done == [1]
    assert not job.is_due(job.due_at - 0.1)
    assert job.is_due(job.due_at)


@pytest.mark.django_db(transaction=True)
def test_a_job_that_the_database_refuses_holds_up_no_other(jobs, caplog):
    done = []

    @periodic(every=timedelta(minutes=1))
    def refused() -> None:
        raise OperationalError("database is locked")

    periodic(every=timedelta(minutes=1))(lambda: done.append(1))
    call_command("run_worker", "--once")
    assert done == [1]
    assert "refused failed" in caplog.text
