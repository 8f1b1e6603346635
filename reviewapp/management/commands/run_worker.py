"""Do what no request waits for: one process beside the server, as often as you like but one is enough."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from mlflow_bridge.delivering import deliver_due
from reviewapp.models import Heartbeat
from traces.deleting import purge_deleted

PAUSE_S = 1.0  # between looks when there was nothing to do
BEAT_S = 20  # between signs of life


class Command(BaseCommand):
    help = "Deliver assessments to connected MLflow servers, and purge deleted traces, until it is stopped."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due, then end")

    def handle(self, *args: object, **options: Any) -> None:
        stopped = threading.Event()
        if not options["once"]:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_args: stopped.set())
        beat_at = 0.0
        while True:
            close_old_connections()
            if time.monotonic() >= beat_at:
                Heartbeat.beat("worker")
                purge_deleted()
                beat_at = time.monotonic() + BEAT_S
            n_done = deliver_due()
            if options["once"] or stopped.wait(0 if n_done else PAUSE_S):
                return
