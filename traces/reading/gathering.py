"""The spans of a trace, read and put in order: what a conversation and a span tree are made from."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext

from traces import dialects
from traces.dialects.spans import SpanReading
from traces.models import Span
from traces.reading.wording import in_words

logger = logging.getLogger(__name__)

REPORTED = "reviewapp.reported"  # attribute of a span that a caller made of what the application told it

# What a dialect may stumble over in data that no application should have sent.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(slots=True)
class Node:
    """A span, what its dialect read in it, and its place in the tree."""

    span: Span
    reading: SpanReading
    depth: int = 0
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    problem: str = ""

    @property
    def kind(self) -> str:
        return self.reading.span_type

    def ancestors(self) -> Iterator[Node]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def descendants(self) -> Iterator[Node]:
        stack = list(reversed(self.children))
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


def gather(spans: Iterable[Span]) -> list[Node]:
    """Read the spans and return the roots, everything in order of start.

    A parent that never arrived, a span that is its own parent and a circle of spans make roots.
    """
    nodes = {span.span_id: node_of(span) for span in sorted(spans, key=lambda s: (s.start_time_ns, s.pk or 0))}
    for node in nodes.values():
        parent = nodes.get(node.span.parent_id)
        if parent is not None and parent is not node and node not in parent.ancestors():
            node.parent = parent
            parent.children.append(node)
    roots = [node for node in nodes.values() if node.parent is None]
    for node in every(roots):
        node.depth = node.parent.depth + 1 if node.parent else 0
    return roots


def every(roots: list[Node]) -> Iterator[Node]:
    """Yield the nodes of the tree, parents before children."""
    for root in roots:
        yield root
        yield from root.descendants()


def firsthand(roots: list[Node]) -> list[Node]:
    """Return the nodes in order of start, without what a caller only heard of where the application's own span is."""
    nodes = sorted(every(roots), key=lambda node: node.span.start_time_ns)
    own = {step_key(node) for node in nodes if REPORTED not in node.span.attributes}
    return [node for node in nodes if REPORTED not in node.span.attributes or step_key(node) not in own]


def step_key(node: Node) -> tuple[str, str]:
    is_tool = node.kind == "TOOL"
    return node.kind, in_words(node.reading.tool_name or node.span.name).casefold() if is_tool else ""


def node_of(span: Span) -> Node:
    try:
        return Node(span, dialects.read_span(span))
    except UNREADABLE:
        logger.warning("Span %s of %s can't be read.", span.span_id, span.trace_id, exc_info=True)
        problem = gettext("The step “%(name)s” could not be read.") % {"name": span.name[:80]}
        return Node(span, SpanReading(span_type=span.span_type or "UNKNOWN"), problem=problem)
