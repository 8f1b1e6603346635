"""What the guide does, as spans after OpenTelemetry's GenAI semantic conventions, with their content."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chat.demo.passages import Found

if TYPE_CHECKING:
    from chat.demo.guide import Edition, Message

AGENT = "Review App guide"
SENT_EVERY_MS = 200
GIVES_UP_AFTER_S = 5


def provider_to(address: str) -> TracerProvider:
    """Return where spans go: nowhere without an address. Headers come from OTEL_EXPORTER_OTLP_TRACES_HEADERS."""
    provider = TracerProvider(resource=Resource.create({"service.name": "review-app-guide"}))
    if address:
        exporter = OTLPSpanExporter(endpoint=address, timeout=GIVES_UP_AFTER_S)
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=SENT_EVERY_MS))
    return provider


@contextmanager
def agent(tracer: Tracer, edition: Edition, messages: Sequence[Message], headers: Mapping[str, str]) -> Iterator[Span]:
    """Open the root span; it continues the caller's trace where its headers have a traceparent."""
    attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": AGENT,
        "gen_ai.agent.version": edition.version,
        "gen_ai.input.messages": as_json([message_of(each["role"], each["content"]) for each in messages]),
    }
    caller = TraceContextTextMapPropagator().extract(headers)
    with tracer.start_as_current_span(
        f"invoke_agent {AGENT}", context=caller, kind=SpanKind.SERVER, attributes=attributes
    ) as span:
        yield span


@contextmanager
def chat(tracer: Tracer, edition: Edition, messages: Sequence[Message]) -> Iterator[Span]:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "review-app-guide",
        "gen_ai.request.model": edition.model,
        "gen_ai.response.model": edition.model,
        "gen_ai.input.messages": as_json([message_of(each["role"], each["content"]) for each in messages]),
    }
    with tracer.start_as_current_span(f"chat {edition.model}", kind=SpanKind.CLIENT, attributes=attributes) as span:
        yield span


def answered(span: Span, text: str, finish_reason: str, usage: Mapping[str, int]) -> None:
    said = {**message_of("assistant", text), "finish_reason": finish_reason}
    span.set_attribute("gen_ai.output.messages", as_json([said]))
    span.set_attribute("gen_ai.response.finish_reasons", [finish_reason])
    span.set_attribute("gen_ai.usage.input_tokens", usage["prompt_tokens"])
    span.set_attribute("gen_ai.usage.output_tokens", usage["completion_tokens"])


@contextmanager
def retrieval(tracer: Tracer, query: str, most: int) -> Iterator[Span]:
    attributes: dict[str, str | int] = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.data_source.id": "documents",
        "gen_ai.retrieval.query.text": query,
        "gen_ai.retrieval.top_k": most,
    }
    with tracer.start_as_current_span("retrieval documents", attributes=attributes) as span:
        yield span


def retrieved(span: Span, found: Sequence[Found]) -> None:
    span.set_attribute("gen_ai.retrieval.documents", as_json([document_of(each) for each in found]))


@contextmanager
def tool(tracer: Tracer, call: Mapping[str, Any]) -> Iterator[Span]:
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": call["name"],
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.arguments": as_json(call["arguments"]),
    }
    with tracer.start_as_current_span(f"execute_tool {call['name']}", attributes=attributes) as span:
        yield span


def returned(span: Span, result: object) -> None:
    span.set_attribute("gen_ai.tool.call.result", as_json(result))


def document_of(found: Found) -> dict[str, Any]:
    passage = found.passage
    return {"id": passage.doc_id, "title": passage.title, "content": passage.text, "score": found.score}


def message_of(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
