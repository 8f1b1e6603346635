"""OTLP as protobuf. Written by hand instead of `MessageToDict`, which is several times slower."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from functools import partial
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from traces.ingest.incoming import MAX_TIME_NS, IncomingSpan, clean_id, clean_number, clean_text, clean_time
from traces.ingest.otlp import BadBody, Batch

STATUS = {1: "OK", 2: "ERROR"}
NO_PARENT = (b"", bytes(8))


def read_protobuf(body: bytes) -> Batch:
    """Return the spans of a protobuf body; raise BadBody when it is none."""
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(body)
    except (DecodeError, RecursionError) as error:
        # Also: text that is not UTF-8, and values nested more than 100 levels deep.
        raise BadBody(f"The body is not an OTLP trace request in protobuf: {error}") from error
    return spans_of(request)


def spans_of(request: ExportTraceServiceRequest) -> Batch:
    batch = Batch()
    for of_resource in request.resource_spans:
        resource = attributes_of(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            scope = text_of(of_scope.scope.name)
            for span in of_scope.spans:
                batch.take(partial(_span, span, scope, resource))
    return batch


def attributes_of(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    """Return attributes as a dict; of a key that comes twice the last value."""
    attributes: dict[str, Any] = {}
    for pair in pairs:  # half of the time goes by here: most values are strings, and none of them holds NUL
        key, value = pair.key, pair.value
        text = value.string_value  # empty where it is something else
        if not text:
            attributes[text_of(key)] = value_of(value)
        elif "\0" in text or "\0" in key:
            attributes[text_of(key)] = text_of(text)
        else:
            attributes[key] = text
    return attributes


def text_of(text: str) -> str:
    """Return a text that every database holds; protobuf has made sure that it is UTF-8."""
    return clean_text(text) if "\0" in text else text


def value_of(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return text_of(value.string_value)
    if kind == "kvlist_value":
        return attributes_of(value.kvlist_value.values)
    if kind == "array_value":
        return [value_of(item) for item in value.array_value.values]
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    if kind == "double_value":
        return clean_number(value.double_value)
    return None if kind is None else getattr(value, kind)


def _span(span: Span, scope: str, resource: dict[str, Any]) -> IncomingSpan:
    span_id = id_of(span.span_id, 8, "Span id")
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    if not 0 < start <= MAX_TIME_NS:
        clean_time(start, f"Start of span {span_id}:")
    if end > MAX_TIME_NS:
        clean_time(end, f"End of span {span_id}:")
    return IncomingSpan(
        trace_id=id_of(span.trace_id, 16, "Trace id"),
        span_id=span_id,
        parent_id="" if span.parent_span_id in NO_PARENT else id_of(span.parent_span_id, 8, "Parent span id"),
        name=text_of(span.name),
        scope=scope,
        start_time_ns=start,
        end_time_ns=end or None,
        status=STATUS.get(span.status.code, "UNSET"),
        status_message=text_of(span.status.message),
        attributes=attributes_of(span.attributes),
        events=[_event(event) for event in span.events],
        links=[_link(link) for link in span.links],
        resource=resource,
    )


def id_of(value: bytes, length: int, what: str) -> str:
    """Return an id in hex; the quick way where it is one, and the reason where it is not."""
    return value.hex() if len(value) == length and any(value) else clean_id(value.hex(), 2 * length, what)


def _event(event: Span.Event) -> dict[str, Any]:
    return {
        "name": text_of(event.name),
        "time_unix_nano": event.time_unix_nano,
        "attributes": attributes_of(event.attributes),
    }


def _link(link: Span.Link) -> dict[str, Any]:
    return {
        "trace_id": link.trace_id.hex(),
        "span_id": link.span_id.hex(),
        "attributes": attributes_of(link.attributes),
    }
