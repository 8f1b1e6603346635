"""The one verb of the demo: fill an empty database, or leave it alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from labeling.demo import captured, telling
from labeling.demo.captured import all_captures
from labeling.demo.end_users import hear_all
from labeling.demo.sessions import Office, set_up_all
from labeling.demo.stories import Judgement, all_assistants, read_yaml
from labeling.models import LabelingSession
from traces.ingest.incoming import IncomingSpan
from traces.ingest.storing import store_spans
from traces.models import Assessment, Experiment, Trace


@dataclass(frozen=True)
class Exchange:
    """A trace on its way in, and what its judge says."""

    key: str
    experiment: str
    asked_at: datetime
    spans: list[IncomingSpan]
    judge: Judgement | None


@dataclass(frozen=True)
class Loaded:
    people: list[User]
    n_traces: int
    sessions: list[LabelingSession]


def is_empty() -> bool:
    """Say whether nobody and nothing is here yet; MLflow's Default experiment always is."""
    return not User.objects.exists() and not Trace.objects.exists()


@transaction.atomic
def load() -> Loaded:
    """Fill the database, all or nothing; to be called only if it is empty."""
    now = timezone.now()
    people = {person.pop("key"): User.objects.create_user(**person) for person in read_yaml("people.yaml")}
    exchanges = all_exchanges(now)
    traces = store(exchanges)
    judge(exchanges, traces)
    hear_all(traces)
    sessions = set_up_all(Office(people, traces, now))
    return Loaded([*people.values()], len(traces), sessions)


def all_exchanges(now: datetime) -> list[Exchange]:
    exchanges = []
    for assistant in all_assistants():
        for story in assistant.stories:
            at = by_day(now - timedelta(hours=story.hours_ago))
            spans = telling.spans_of(assistant, story, at)
            exchanges.append(Exchange(story.key, assistant.experiment, at, spans, story.judge))
    for capture in all_captures():
        at = by_day(now - timedelta(hours=capture.hours_ago))
        spans = captured.spans_of(capture, at)
        exchanges.append(Exchange(capture.key, capture.experiment, at, spans, capture.judge))
    return exchanges


def by_day(at: datetime) -> datetime:
    """Move what would have been asked at night to the afternoon or evening before."""
    return at if 7 <= timezone.localtime(at).hour < 23 else at - timedelta(hours=9)


def store(exchanges: Iterable[Exchange]) -> dict[str, Trace]:
    """Send the spans through the same door as everybody's; return the traces by key."""
    traces: dict[str, Trace] = {}
    for assistant in all_assistants():
        experiment = Experiment.objects.create(name=assistant.experiment, description=assistant.description)
        ours = [exchange for exchange in exchanges if exchange.experiment == assistant.experiment]
        stored = store_spans(experiment, [span for exchange in ours for span in exchange.spans])
        found = Trace.objects.in_bulk(stored.trace_ids)
        traces |= {exchange.key: found[f"tr-{exchange.spans[0].trace_id}"] for exchange in ours}
    return traces


def judge(exchanges: Iterable[Exchange], traces: dict[str, Trace]) -> None:
    """Write what the LLM judges said, some minutes after each answer."""
    Assessment.objects.bulk_create(
        Assessment(
            trace=traces[exchange.key],
            kind=Assessment.Kind.FEEDBACK,
            name="correct",
            value=exchange.judge.value,
            rationale=exchange.judge.why,
            source_type=Assessment.SourceType.LLM_JUDGE,
            source_id=f"{exchange.experiment}-judge-v2",
            created_at=exchange.asked_at + timedelta(minutes=5),
            updated_at=exchange.asked_at + timedelta(minutes=5),
        )
        for exchange in exchanges
        if exchange.judge
    )
