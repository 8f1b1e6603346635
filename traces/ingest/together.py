"""What several senders have waiting for SQLite, which lets one write at a time, is stored in one transaction.

Whoever's turn it is stores what the others brought as well; each is answered once its own is committed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import OperationalError

from traces.ingest.admission import waiting_for_locks
from traces.ingest.incoming import IncomingSpan
from traces.ingest.storing import store_masked
from traces.models import Experiment


@dataclass(eq=False, slots=True)
class Delivery:
    """Masked spans of one request, and what became of them."""

    experiment: Experiment
    spans: Sequence[IncomingSpan]
    masked: Counter[str]
    is_done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None

    def done(self, error: Exception | None = None) -> None:
        self.error = error
        self.is_done.set()

    def outcome(self) -> None:
        """Wait for it; raises what went wrong."""
        self.is_done.wait()
        if self.error is not None:
            raise self.error


class Together:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: list[Delivery] = []

    def store(self, delivery: Delivery, seconds: int) -> None:
        """Store it with what else waits. Raises OperationalError where its turn does not come in so many seconds."""
        with self.lock:
            self.waiting.append(delivery)
        try:
            with waiting_for_locks(seconds):
                if not delivery.is_done.is_set():  # else who waits stores the rest, and this one is answered
                    store_all(self.taken())
        except OperationalError:
            if self.is_taken_back(delivery):
                raise
        delivery.outcome()

    def taken(self) -> list[Delivery]:
        with self.lock:
            deliveries, self.waiting = self.waiting, []
        return deliveries

    def is_taken_back(self, delivery: Delivery) -> bool:
        """Take it back; False where somebody stores it by now."""
        with self.lock:
            was_waiting = delivery in self.waiting
            if was_waiting:
                self.waiting.remove(delivery)
        return was_waiting


def store_all(deliveries: Sequence[Delivery]) -> None:
    """Store and tell each delivery what became of it; raises nothing."""
    try:
        by_experiment: dict[int, list[Delivery]] = {}
        for delivery in deliveries:
            by_experiment.setdefault(delivery.experiment.pk, []).append(delivery)
        for several in by_experiment.values():
            store_several(several)
    finally:
        for delivery in deliveries:  # nobody waits for ever
            if not delivery.is_done.is_set():
                delivery.done(OperationalError("It was not stored."))


def store_several(deliveries: Sequence[Delivery]) -> None:
    """Store what is for one experiment; where that fails each alone, so that none fails for another's fault."""
    error: Exception | None = None
    try:
        spans = [span for delivery in deliveries for span in delivery.spans]
        masked = sum((delivery.masked for delivery in deliveries), Counter())
        store_masked(deliveries[0].experiment, spans, masked)
    except OperationalError as is_busy:
        error = is_busy
    except Exception as failed:  # noqa: BLE001 - whatever it is, it is raised where the delivery came from
        if len(deliveries) > 1:
            for delivery in deliveries:
                store_several([delivery])
            return
        error = failed
    for delivery in deliveries:
        delivery.done(error)


TOGETHER = Together()
