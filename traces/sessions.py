"""The traces of one session in order, as one conversation: each tells only what is new in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch, Q, QuerySet

from traces.models import Assessment, Trace
from traces.reading import conversation_of
from traces.reading.conversation import Conversation, Message
from traces.reading.wording import normal

PAGE = 10  # traces; each is read whole


@dataclass(slots=True)
class Exchange:
    """One trace in its session.

    earlier   history that it brings and that the exchanges before it on this page did not tell
    repeated  how many messages of its history they did tell
    system    the standing instructions, where they are others than before
    """

    number: int
    trace: Trace
    conversation: Conversation
    earlier: list[Message] = field(default_factory=list)
    repeated: int = 0
    system: str = ""

    @property
    def judged(self) -> list[Assessment]:
        return list(getattr(self.trace, "judged", []))


def in_order(traces: QuerySet[Trace], after: str = "") -> QuerySet[Trace]:
    """Return a session's traces as they happened, from behind the one with the id `after` on."""
    ordered = traces.order_by("request_time", "trace_id")
    last = traces.filter(pk=after).first() if after else None
    if last is None:
        return ordered
    later = Q(request_time__gt=last.request_time) | Q(request_time=last.request_time, trace_id__gt=last.pk)
    return ordered.filter(later)


def with_assessments(traces: QuerySet[Trace]) -> QuerySet[Trace]:
    return traces.prefetch_related(
        Prefetch("assessments", queryset=Assessment.objects.filter(valid=True), to_attr="judged")
    )


def exchanges_of(traces: Sequence[Trace], *, first: int) -> list[Exchange]:
    """Read the traces, numbered from `first`. Queries: those of `conversation_of` for each."""
    told: set[tuple[str, str]] = set()
    system = ""
    exchanges = []
    for number, trace in enumerate(traces, first):
        conversation = conversation_of(trace)
        new = [message for message in conversation.earlier if key_of(message) not in told]
        exchange = Exchange(number, trace, conversation, new, len(conversation.earlier) - len(new))
        if conversation.system != system:
            exchange.system = system = conversation.system
        told.update(keys_of(conversation))
        exchanges.append(exchange)
    return exchanges


def keys_of(messages: Iterable[Message]) -> Iterable[tuple[str, str]]:
    return (key_of(message) for message in messages)


def key_of(message: Message) -> tuple[str, str]:
    return message.role, normal(message.text)
