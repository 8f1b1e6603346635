"""People judge while the traces of the same answers arrive, and while turns are recorded once more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chat import judging
from chat.models import Judgement, Turn
from chat.models.judgements import THUMBS
from chat.tracing import record
from chat.turn_spans import in_ns
from traces.ingest.incoming import IncomingSpan
from traces.ingest.storing import store_spans
from traces.models import Assessment

TURNS = 12


def own_id(number: int) -> str:
    return f"{number + 1:032x}"


@pytest.mark.django_db(transaction=True)
def test_every_copy_follows_and_nobody_waits_for_each_other(make_turn, conversation, alice):
    started = timezone.now() - timedelta(seconds=5)
    turns = [make_turn(str(number), own_trace_id=own_id(number), started_at=started) for number in range(TURNS)]
    for turn in turns:
        record(turn)
    begin = in_ns(started)

    def judge() -> None:
        for turn in turns:
            judging.thumb(turn, alice, True)
            judging.thumb(turn, alice, False)
            judging.comment(turn, alice, "No.")

    def send() -> None:
        spans = [IncomingSpan(own_id(number), "b" * 16, begin, begin + 1, name="agent") for number in range(TURNS)]
        for at in range(0, TURNS, 3):
            store_spans(conversation.endpoint.experiment, spans[at : at + 3])

    def record_again() -> None:
        for turn in Turn.objects.order_by("-message"):
            record(turn)

    at_once(judge, send, record_again, send, judge)

    assert set(Turn.objects.values_list("link", flat=True)) == {Turn.Link.FOUND}
    for judgement in Judgement.objects.select_related("assessment", "copy"):
        assert (judgement.copy.value, judgement.copy.rationale) == (
            judgement.assessment.value,
            judgement.assessment.rationale,
        )
    for trace in [f"tr-{own_id(number)}" for number in range(TURNS)]:
        assert Assessment.objects.valid().filter(trace=trace, name=THUMBS).count() == 1


def at_once(*works) -> None:
    """Run all at the same time; SQLite's test database is this thread's own: there one after the other."""
    if connection.vendor == "sqlite":
        for work in works:
            work()
        return

    def run(work) -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works))
