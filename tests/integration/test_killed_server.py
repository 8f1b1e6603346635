"""What was acknowledged is there, also when the server is killed while it stores."""

from __future__ import annotations

import http.client
import threading
from collections import Counter

import pytest

from tests.integration.bodies import a_body
from tests.integration.running import RunningServer, copy_database, migrate

SENDERS = 4
SPANS = 20  # in a request
BEFORE, AFTER = 60, 20  # requests that are acknowledged before the server is killed, and after it is back


class Senders:
    """Send without a pause; who gets no answer sends the same again."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.acknowledged: list[str] = []
        self.n = 0
        self.changed = threading.Condition()
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def _send(self) -> None:
        while not self.stopped.is_set():
            body, ids = a_body(SPANS)
            while not self._acknowledged(body) and not self.stopped.wait(0.02):
                pass
            if not self.stopped.is_set():
                with self.changed:
                    self.acknowledged += ids
                    self.n += 1
                    self.changed.notify_all()

    def _acknowledged(self, body: bytes) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            return False
        else:
            assert response.status in {200, 503}
            return response.status == 200
        finally:
            connection.close()

    def wait_for(self, n: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.n >= n, timeout=60)

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(timeout=30)


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request, tmp_path, migrated):
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("new_postgres")()
        migrate(tmp_path, url)
    else:
        copy_database(migrated, tmp_path)
    server = RunningServer(tmp_path, url)
    yield server
    server.stop()


def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(server):
    senders = Senders(server.port)
    try:
        for kills in range(1, 3):
            senders.wait_for(BEFORE * kills)
            server.kill()
            server.start()
        senders.wait_for(BEFORE * 2 + AFTER)
    finally:
        senders.stop()

    stored = Counter(server.stored())
    assert set(senders.acknowledged) <= stored.keys()
    assert set(stored.values()) == {1}
    assert len(senders.acknowledged) >= (BEFORE * 2 + AFTER) * SPANS
