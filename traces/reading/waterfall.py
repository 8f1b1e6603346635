"""The spans of a trace as a tree of bars on a common time line, and a bounded part of it that a page shows.

A tree may have many thousand spans. `rows_of` opens it level by level until PAGE rows are shown; what is
closed tells how much is below it, and long rows of siblings come in pieces of CHUNK.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from itertools import islice

from django.utils.translation import gettext as _

from traces.models import Trace

PAGE = 120  # rows that are shown at once, but for the way to the chosen span
CHUNK = 100  # siblings
MAX_INDENT = 14  # deeper spans stand at the same place
LEAST = 0.4  # per cent: a bar is never narrower


@dataclass(frozen=True, slots=True)
class Bar:
    """What a row tells of a span. There may be thousands, so these are no models."""

    span_id: str
    parent_id: str
    name: str
    span_type: str
    start_time_ns: int
    end_time_ns: int | None
    status: str

    @property
    def duration_s(self) -> float | None:
        return None if self.end_time_ns is None else max(0, self.end_time_ns - self.start_time_ns) / 1e9


SHOWN = tuple(field.name for field in fields(Bar))


@dataclass(slots=True, eq=False)
class Knot:
    """A span in its place."""

    span: Bar
    parent: Knot | None = None
    level: int = 1
    below: list[Knot] = field(default_factory=list)
    n_below: int = 0  # all that is under it

    def ancestors(self) -> Iterator[Knot]:
        knot = self.parent
        while knot is not None:
            yield knot
            knot = knot.parent


@dataclass(slots=True)
class Tree:
    roots: list[Knot]
    by_id: dict[str, Knot]
    begin_ns: int = 0
    whole_ns: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A span as it is shown: its place among its siblings, and its bar in per cent of the trace."""

    knot: Knot
    position: int
    n_siblings: int
    is_open: bool
    start: float
    length: float

    @property
    def span(self) -> Bar:
        return self.knot.span

    @property
    def indent(self) -> range:
        return range(min(self.knot.level - 1, MAX_INDENT))


@dataclass(frozen=True, slots=True)
class More:
    """Siblings that are not shown: `number` of them, from `start` on, under the span `under` (empty: the roots)."""

    under: str
    level: int
    start: int
    number: int
    is_before: bool = False

    @property
    def indent(self) -> range:
        return range(min(self.level - 1, MAX_INDENT))


def tree_of(trace: Trace) -> Tree:
    """Queries: 1, without the spans' content."""
    return tree_from([Bar(*row) for row in trace.spans.values_list(*SHOWN)])


def tree_from(spans: list[Bar]) -> Tree:
    """A span whose parent is missing, or that is in a circle, is a root."""
    knots = {span.span_id: Knot(span) for span in spans}
    for knot in knots.values():
        knot.parent = knots.get(knot.span.parent_id)
    cut_circles(knots.values())
    for knot in knots.values():
        if knot.parent is not None:
            knot.parent.below.append(knot)
    roots = [knot for knot in knots.values() if knot.parent is None]
    order = list(breadth_first(roots))
    for knot in order:
        knot.level = knot.parent.level + 1 if knot.parent else 1
    for knot in reversed(order):
        knot.n_below = sum(each.n_below + 1 for each in knot.below)
    begin = min((span.start_time_ns for span in spans), default=0)
    end = max((span.end_time_ns or span.start_time_ns for span in spans), default=0)
    return Tree(roots, knots, begin, max(1, end - begin))


def cut_circles(knots: Iterable[Knot]) -> None:
    """Make a root of one span of each circle of parents."""
    settled: set[int] = set()
    for knot in knots:
        path: dict[int, Knot] = {}
        above: Knot | None = knot
        while above is not None and id(above) not in settled:
            if id(above) in path:
                above.parent = None
                break
            path[id(above)] = above
            above = above.parent
        settled.update(path)


def breadth_first(knots: Iterable[Knot]) -> Iterator[Knot]:
    waiting = deque(knots)
    while waiting:
        knot = waiting.popleft()
        yield knot
        waiting.extend(knot.below)


def rows_of(tree: Tree, *, under: str = "", start: int = 0, chosen: str = "") -> list[Row | More]:
    """Return what is shown of the tree, or under one of its spans from child `start` on, in order.

    The way to the chosen span is open, whatever is beside it.
    """
    above = tree.by_id.get(under)
    tops = above.below if above else tree.roots
    way = way_to(tree.by_id.get(chosen))
    start = start or start_of_piece(tops, way)
    opened = opened_in(tops[start : start + CHUNK], way)
    shown: list[Row | More] = []
    waiting = piece_of(tops, start, under)[::-1]
    while waiting:
        each = waiting.pop()
        if isinstance(each, More):
            shown.append(each)
            continue
        knot, position, n_siblings = each
        is_open = id(knot) in opened
        shown.append(row_of(tree, knot, position, n_siblings, is_open=is_open))
        if is_open:
            waiting += piece_of(knot.below, start_of_piece(knot.below, way), knot.span.span_id)[::-1]
    return shown


def top_for(tree: Tree, chosen: str) -> str:
    """Return the span under which the chosen one can be shown without a page full of its ancestors; mostly none."""
    knot = tree.by_id.get(chosen)
    if knot is None or knot.level <= PAGE:
        return ""
    return next(islice(knot.ancestors(), PAGE // 4, None)).span.span_id


def piece_of(siblings: list[Knot], start: int, under: str) -> list[tuple[Knot, int, int] | More]:
    """Return a piece of siblings, each with its position and their number, and what is before and after it."""
    n, end = len(siblings), start + CHUNK
    piece: list[tuple[Knot, int, int] | More] = []
    if start and siblings:
        piece.append(More(under, siblings[0].level, max(0, start - CHUNK), start, is_before=True))
    piece += [(knot, place, n) for place, knot in enumerate(siblings[start:end], start + 1)]
    if end < n:
        piece.append(More(under, siblings[0].level, end, n - end))
    return piece


def way_to(knot: Knot | None) -> set[int]:
    return {id(knot), *(id(each) for each in knot.ancestors())} if knot is not None else set()


def start_of_piece(siblings: list[Knot], way: set[int]) -> int:
    """Return where the piece begins that has the way to the chosen span in it; 0 when none has."""
    return next((place - place % CHUNK for place, each in enumerate(siblings) if id(each) in way), 0)


def opened_in(tops: list[Knot], way: set[int]) -> set[int]:
    """Return which spans are open: those on the way, and level by level what still has room."""
    opened: set[int] = set()
    room = PAGE - len(tops)
    waiting = deque(tops)
    while waiting:
        knot = waiting.popleft()
        number = min(len(knot.below), CHUNK)
        if number and (number <= room or id(knot) in way):
            opened.add(id(knot))
            room -= number
            first = start_of_piece(knot.below, way)
            waiting.extend(knot.below[first : first + CHUNK])
    return opened


def row_of(tree: Tree, knot: Knot, position: int, n_siblings: int, *, is_open: bool) -> Row:
    span = knot.span
    end = tree.begin_ns + tree.whole_ns if span.end_time_ns is None else span.end_time_ns
    length = min(100.0, max(LEAST, 100 * (end - span.start_time_ns) / tree.whole_ns))
    start = max(0.0, min(100 * (span.start_time_ns - tree.begin_ns) / tree.whole_ns, 100 - length))
    return Row(knot, position, n_siblings, is_open, round(start, 2), round(length, 2))


def ticks_of(tree: Tree) -> list[tuple[float, str]]:
    """Return round times on the scale: each its place in per cent, and its words."""
    step_ns = 1_000
    while tree.whole_ns / step_ns > 5:
        step_ns = next_round(step_ns)
    return [
        (round(100 * time_ns / tree.whole_ns, 2), time_in_words(time_ns, step_ns))
        for time_ns in range(0, tree.whole_ns + 1, step_ns)
    ]


def next_round(step: int) -> int:
    """1 → 2 → 5 → 10 → 20 …"""
    return step * 5 // 2 if str(step)[0] == "2" else step * 2


def time_in_words(time_ns: int, step_ns: int) -> str:
    if not time_ns:
        return "0"
    if step_ns >= 1_000_000_000:
        return _("%(number)s s") % {"number": time_ns // 1_000_000_000}
    if step_ns >= 1_000_000:
        return _("%(number)s ms") % {"number": time_ns // 1_000_000}
    return _("%(number)s µs") % {"number": time_ns // 1_000}
