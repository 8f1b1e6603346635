"""How the OpenTelemetry Collector's `otlphttp` exporter sends, by its documented rules.

Batches, gzip, a queue of several consumers; 429, 502, 503 and 504 are tried again after Retry-After, else with a
growing pause; a network error too; any other status is permanent, and the batch is dropped.
https://opentelemetry.io/docs/specs/otlp/#failures, collector: exporter/otlphttpexporter
"""

from __future__ import annotations

import gzip
import queue
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field

RETRYABLE = frozenset({429, 502, 503, 504})
FIRST_PAUSE_S, MOST_PAUSE_S = 0.1, 2.0


@dataclass(slots=True)
class Collector:
    endpoint: str
    consumers: int = 4
    dropped: list[int] = field(default_factory=list)  # status codes
    retries: list[str] = field(default_factory=list)  # Retry-After of each
    retried: threading.Event = field(default_factory=threading.Event)

    def send(self, bodies: list[bytes]) -> threading.Thread:
        """Begin to send; the thread ends when all is acknowledged or dropped."""
        waiting: queue.Queue[bytes] = queue.Queue()
        for body in bodies:
            waiting.put(gzip.compress(body))
        workers = [threading.Thread(target=self._consume, args=(waiting,)) for _ in range(self.consumers)]
        for worker in workers:
            worker.start()
        ended = threading.Thread(target=lambda: [worker.join() for worker in workers])
        ended.start()
        return ended

    def _consume(self, waiting: queue.Queue[bytes]) -> None:
        while True:
            try:
                body = waiting.get_nowait()
            except queue.Empty:
                return
            self._export(body)

    def _export(self, body: bytes) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                self._post(body)
                return
            except urllib.error.HTTPError as refused:
                with refused:
                    if refused.code not in RETRYABLE:
                        self.dropped.append(refused.code)
                        return
                    after = refused.headers.get("Retry-After", "")
                self.retries.append(after)
                self.retried.set()
                wait = float(after) if after else pause
            except OSError:
                wait = pause
            threading.Event().wait(wait)
            pause = min(pause * 1.5, MOST_PAUSE_S)

    def _post(self, body: bytes) -> None:
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
        request = urllib.request.Request(self.endpoint, body, headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            response.read()
