"""`manage.py index_texts`: full text of traces that were stored before there was any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from traces.ingest.facts import facts_of
from traces.models import Span, Trace, TraceState, TraceText
from traces.search.full_text import write_texts
from traces.search.ordering import order_of

AT_ONCE = 200  # traces of one transaction


def pieces() -> Iterator[list[str]]:
    """Yield the ids of all traces that have ended, the newest first."""
    newest = order_of([])
    rows = Trace.objects.exclude(state=TraceState.IN_PROGRESS).order_by(*newest.columns(is_back=False))
    key: list[Any] = []
    while found := list(
        (rows.filter(newest.beyond(key, is_back=False)) if key else rows).only("request_time")[:AT_ONCE]
    ):
        yield [trace.pk for trace in found]
        key = [found[-1].request_time, found[-1].pk]


def missing(ids: list[str]) -> set[str]:
    return {*ids} - {*TraceText.objects.filter(trace__in=ids).values_list("trace_id", flat=True)}


class Command(BaseCommand):
    help = (
        "Make the traces findable by their words that were stored by a release without full text, the newest first."
        " Can be stopped and started again, beside a running server."
    )

    def handle(self, *args: object, **options: Any) -> None:
        n = 0
        for ids in pieces():
            n += self.write([*missing(ids)])
            self.stdout.write(f"{n} traces …")
        self.stdout.write(f"{n} traces indexed")

    def write(self, ids: list[str]) -> int:
        with transaction.atomic():
            traces = Trace.objects.select_for_update().filter(pk__in=ids).order_by("pk")
            texts = list(self.texts({trace.pk: trace for trace in traces}))
            write_texts(texts)
        return len(texts)

    def texts(self, traces: dict[str, Trace]) -> Iterator[tuple[str, str, str]]:
        spans: dict[str, list[Span]] = {}
        for span in Span.objects.filter(trace__in=traces).defer("links", "resource"):
            spans.setdefault(span.trace_id, []).append(span)
        for trace_id, trace in traces.items():
            facts = facts_of(spans[trace_id]) if trace_id in spans else None
            question, answer = (facts.question, facts.answer) if facts else ("", "")
            yield trace_id, question or trace.request_preview, answer or trace.response_preview
