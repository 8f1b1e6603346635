"""The spans of a trace as bars on a common time line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from traces.models import Span, Trace

MAX_DEPTH = 12  # deeper spans stand at the same place
SHOWN = ("span_id", "parent_id", "name", "span_type", "start_time_ns", "end_time_ns", "status", "trace_id")


@dataclass(frozen=True, slots=True)
class Bar:
    """A span: how deep it stands, and where its bar begins and how long it is, in per mille of the trace."""

    span: Span
    depth: int
    start: float
    length: float

    @property
    def indent(self) -> range:
        return range(self.depth)


def timeline_of(trace: Trace) -> list[Bar]:
    """Return the bars in order of the tree. Queries: 1, without the spans' content."""
    spans = list(trace.spans.only(*SHOWN))
    if not spans:
        return []
    begin = min(span.start_time_ns for span in spans)
    end = max(span.end_time_ns or span.start_time_ns for span in spans)
    whole = max(1, end - begin)
    return [bar_of(span, depth, begin, whole) for span, depth in in_tree_order(spans)]


def bar_of(span: Span, depth: int, begin: int, whole: int) -> Bar:
    end = begin + whole if span.end_time_ns is None else span.end_time_ns
    length = max(4.0, 1000 * (end - span.start_time_ns) / whole)
    start = min(1000 * (span.start_time_ns - begin) / whole, 1000 - length)
    return Bar(span, min(depth, MAX_DEPTH), round(max(0.0, start), 1), round(min(1000.0, length), 1))


def in_tree_order(spans: list[Span]) -> Iterator[tuple[Span, int]]:
    """Yield (span, depth), parents first. A span whose parent is missing, or that is in a circle, is a root."""
    known = {span.span_id for span in spans}
    children: dict[str, list[Span]] = {}
    for span in spans:
        parent = span.parent_id if span.parent_id in known and span.parent_id != span.span_id else ""
        children.setdefault(parent, []).append(span)
    seen: set[str] = set()
    for root in [*children.get("", []), *spans]:
        stack = [(root, 0)]
        while stack:
            span, depth = stack.pop()
            if span.span_id not in seen:
                seen.add(span.span_id)
                yield span, depth
                stack.extend((child, depth + 1) for child in reversed(children.get(span.span_id, [])))
