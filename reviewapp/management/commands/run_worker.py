"""Do what no request waits for: one process beside the server, as often as you like but one is enough."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from mlflow_bridge.delivering import deliver_due
from mlflow_bridge.pulling.beside import Pulls
from reviewapp.lib.periodic import JOBS
from reviewapp.models import Heartbeat
from traces.deleting import purge_deleted

logger = logging.getLogger(__name__)

PAUSE_S = 1.0  # between looks when there was nothing to do
BEAT_S = 20  # between signs of life


class Command(BaseCommand):
    help = (
        "Take traces over from connected MLflow servers, deliver assessments to them, apply standing rules, "
        "purge what was deleted and tidy up."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due, then end")

    def handle(self, *args: object, **options: Any) -> None:
        stopped = threading.Event()
        if not options["once"]:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_args: stopped.set())
        with Pulls(stopped) as pulls:
            self.work(stopped, pulls, once=options["once"])

    def work(self, stopped: threading.Event, pulls: Pulls, *, once: bool) -> None:
        beat_at = 0.0
        while True:
            close_old_connections()
            if time.monotonic() >= beat_at:
                Heartbeat.beat("worker")
                purge_deleted()
                beat_at = time.monotonic() + BEAT_S
            run_due_jobs()
            pulls.begin_due()
            n_done = deliver_due()
            if once:
                pulls.wait()
                return
            if stopped.wait(0 if n_done else PAUSE_S):
                return


def run_due_jobs() -> None:
    """Do what has its turn. When the database is busy, a job waits for its next turn and holds up no other."""
    for job in JOBS:
        if job.is_due(time.monotonic()):
            try:
                job.run()
            except DatabaseError:
                logger.exception("%s failed", job.name)
