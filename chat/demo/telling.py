"""Asking the guide what somebody asked it some hours ago, and taking in the spans that it would have sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chat import tracing
from chat.demo import spans, wire
from chat.demo.endpoint import FIRST_WORD_TAKES
from chat.demo.guide import EDITIONS, Guide, Message
from chat.models import Conversation, Turn
from traces.ingest.incoming import IncomingSpan
from traces.ingest.otlp_protobuf import read_protobuf
from traces.ingest.storing import store_spans

PACE = 60  # words a second


class Teller:
    def __init__(self) -> None:
        self.guide = Guide()
        self.written = InMemorySpanExporter()
        provider = spans.provider_to("")
        provider.add_span_processor(SimpleSpanProcessor(self.written))
        self.tracer = provider.get_tracer("chat.demo")

    def tell(self, talk: Conversation, message: str, at: datetime) -> Turn:
        """Add a turn to a conversation, answered and recorded."""
        turn = Turn(
            conversation=talk,
            parent=talk.leaf,
            message=message,
            state=Turn.State.COMPLETE,
            finish_reason="stop",
            model=talk.endpoint.model,
            endpoint_version=talk.endpoint.version,
            started_at=at,
            first_text_ms=1000 * FIRST_WORD_TAKES // PACE,
        )
        incoming = self.ask(turn, [*history_of(talk.leaf), {"role": "user", "content": message}])
        turn.ended_at = turn.heartbeat_at = at + timedelta(seconds=(FIRST_WORD_TAKES + len(turn.text.split())) / PACE)
        turn.save(force_insert=True)
        store_spans(talk.endpoint.experiment, moved(incoming, at, turn.ended_at))
        tracing.record(turn)
        talk.leaf, talk.updated_at = turn, turn.ended_at
        talk.save(update_fields=["leaf", "updated_at"])
        return turn

    def ask(self, turn: Turn, messages: Sequence[Message]) -> list[IncomingSpan]:
        """Fill in the answer; return the spans that were written meanwhile."""
        edition = EDITIONS[turn.model]
        turn.trace_span_id = tracing.traceparent_of(turn).split("-")[2]
        request = wire.Request(edition.model, list(messages))
        with spans.agent(self.tracer, edition, messages, {"traceparent": tracing.traceparent_of(turn)}) as root:
            turn.text = self.guide.answer(edition, messages, self.tracer).text
            used = wire.usage_of(request, turn.text)
            with spans.chat(self.tracer, edition, messages) as span:
                spans.answered(span, turn.text, "stop", used)
            spans.answered(root, turn.text, "stop", used)
        turn.usage = {
            "input_tokens": used["prompt_tokens"],
            "output_tokens": used["completion_tokens"],
            "total_tokens": used["total_tokens"],
        }
        body = encode_spans(self.written.get_finished_spans()).SerializeToString()
        self.written.clear()
        return read_protobuf(body).spans


def history_of(leaf: Turn | None) -> list[Message]:
    if leaf is None:
        return []
    said = [{"role": "user", "content": leaf.message}, {"role": "assistant", "content": leaf.text}]
    return [*history_of(leaf.parent), *said]


def moved(incoming: list[IncomingSpan], begin: datetime, end: datetime) -> list[IncomingSpan]:
    """Let the spans begin at a time, and the agent and its model speak until another."""
    later = round(begin.timestamp() * 1e9) - min(span.start_time_ns for span in incoming)
    for span in incoming:
        spoke = "gen_ai.output.messages" in span.attributes
        span.start_time_ns += later
        span.end_time_ns = round(end.timestamp() * 1e9) if spoke else (span.end_time_ns or 0) + later
    return incoming
