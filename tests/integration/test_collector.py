"""The Collector's exporter at a server that has no room for a while."""

from __future__ import annotations

from tests.integration.bodies import a_body
from tests.integration.collector import Collector


def test_nothing_is_lost_or_doubled_across_a_time_without_a_database(start_server):
    server = start_server(INGEST_LOCK_WAIT_S="1", INGEST_CONCURRENCY="2")
    made = [a_body(50) for _ in range(30)]
    collector = Collector(f"{server.url}/v1/traces")

    with server.behind():
        ended = collector.send([body for body, _ in made])
        assert collector.retried.wait(30)
        assert server.stored() == []
    ended.join(timeout=120)

    assert not ended.is_alive()
    assert collector.dropped == []
    assert set(collector.retries) == {"2"}
    assert sorted(server.stored()) == sorted(span_id for _, ids in made for span_id in ids)


def test_too_many_bytes_at_a_time_are_sent_later(start_server):
    server = start_server(INGEST_BYTES_IN_FLIGHT="400000")
    made = [a_body(20, "x" * 10_000) for _ in range(40)]  # 200 KB each, unpacked; packed next to nothing
    collector = Collector(f"{server.url}/v1/traces", consumers=6)
    ended = collector.send([body for body, _ in made])
    ended.join(timeout=120)

    assert not ended.is_alive()
    assert collector.dropped == []
    assert sorted(server.stored()) == sorted(span_id for _, ids in made for span_id in ids)


def test_what_can_not_be_read_is_dropped_and_not_tried_for_ever(start_server):
    server = start_server()
    collector = Collector(f"{server.url}/v1/traces")
    collector.send([b"no protobuf"]).join(timeout=30)
    assert collector.dropped == [400]
