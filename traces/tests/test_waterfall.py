from __future__ import annotations

import pytest

from traces.reading.waterfall import CHUNK, PAGE, Bar, More, Row, rows_of, ticks_of, top_for, tree_from, tree_of

MS = 1_000_000


def bar(number: int, parent: int = 0, *, start: int = 0, end: int | None = 10, **fields) -> Bar:
    """A span whose times are milliseconds; a parent of 0 is none."""
    facts = {"name": f"step {number}", "span_type": "TOOL", "status": "OK"} | fields
    end_ns = None if end is None else end * MS
    return Bar(f"{number:x}", f"{parent:x}" if parent else "", facts["name"], facts["span_type"], start * MS, end_ns,
               facts["status"])  # fmt: skip


def names(rows: list[Row | More]) -> list[str]:
    return [f"+{row.number}" if isinstance(row, More) else f"{row.knot.level} {row.span.name}" for row in rows]


def test_the_tree_stands_in_order_with_its_levels():
    rows = rows_of(tree_from([bar(1), bar(2, 1), bar(3, 2), bar(4, 1)]))
    assert names(rows) == ["1 step 1", "2 step 2", "3 step 3", "2 step 4"]
    assert [(row.position, row.n_siblings) for row in rows] == [(1, 1), (1, 2), (1, 1), (2, 2)]
    assert [row.knot.n_below for row in rows] == [3, 1, 0, 0]


def test_bars_are_where_their_time_is():
    root, child = rows_of(tree_from([bar(1, end=100), bar(2, 1, start=25, end=75)]))
    assert (root.start, root.length) == (0, 100)
    assert (child.start, child.length) == (25, 50)


def test_a_running_span_ends_with_the_trace_and_a_short_one_can_be_seen():
    spans = [bar(1, end=1000), bar(2, 1, start=500, end=None), bar(3, 1, start=1000, end=1000)]
    _root, running, short = rows_of(tree_from(spans))
    assert (running.start, running.length, running.span.duration_s) == (50, 50, None)
    assert short.length > 0
    assert short.start + short.length == pytest.approx(100)


def test_a_lost_parent_makes_a_root_and_so_does_a_circle():
    tree = tree_from([bar(1, 9), bar(2, 3), bar(3, 2), bar(4, 4)])
    shown = names(rows_of(tree))
    assert sorted(name[2:] for name in shown) == ["step 1", "step 2", "step 3", "step 4"]
    assert [name[0] for name in shown].count("1") == 3


def test_many_siblings_come_in_pieces():
    tree = tree_from([bar(1), *(bar(n, 1) for n in range(2, 252))])
    rows = rows_of(tree)
    assert len(rows) == 1 + CHUNK + 1
    assert rows[-1] == More("1", 2, CHUNK, 250 - CHUNK)

    more = rows_of(tree, under="1", start=CHUNK)
    assert more[0] == More("1", 2, 0, CHUNK, is_before=True)
    assert more[1].position == CHUNK + 1
    assert names(rows_of(tree, under="1", start=200))[-1] == "2 step 251"


def test_what_has_no_room_is_closed_and_what_was_chosen_is_open():
    spans = [bar(1)]
    for group in range(2, 42):
        spans += [bar(group, 1), *(bar(group * 100 + n, group) for n in range(40))]
    tree = tree_from(spans)
    closed = rows_of(tree)
    assert len(closed) <= PAGE + 1
    assert [row.is_open for row in closed if row.knot.n_below].count(False) > 30

    wanted = f"{41 * 100 + 7:x}"
    shown = rows_of(tree, chosen=wanted)
    assert wanted in [row.span.span_id for row in shown]


def test_the_piece_with_the_chosen_span_is_shown():
    tree = tree_from([bar(1), *(bar(n, 1) for n in range(2, 2_000))])
    shown = rows_of(tree, chosen=f"{1_500:x}")
    assert f"{1_500:x}" in [row.span.span_id for row in shown if isinstance(row, Row)]
    assert len(shown) <= CHUNK + 3


def test_a_chain_of_thousands_is_no_problem():
    tree = tree_from([bar(n, n - 1) for n in range(1, 5_001)])
    assert tree.by_id["1"].n_below == 4_999
    assert len(rows_of(tree)) == PAGE
    deep = f"{4_900:x}"
    shown = rows_of(tree, under=top_for(tree, deep), chosen=deep)
    assert deep in [row.span.span_id for row in shown]
    assert len(shown) <= PAGE
    assert top_for(tree, "5") == ""


def test_an_unknown_span_is_under_nothing():
    tree = tree_from([bar(1)])
    assert names(rows_of(tree, under="9", chosen="9")) == ["1 step 1"]
    assert rows_of(tree_from([])) == []


@pytest.mark.parametrize(
    ("end_ms", "words"),
    [
        (100, ["0", "20 ms", "40 ms", "60 ms", "80 ms", "100 ms"]),
        (180, ["0", "50 ms", "100 ms", "150 ms"]),
        (4_000, ["0", "1 s", "2 s", "3 s", "4 s"]),
        (900_000, ["0", "200 s", "400 s", "600 s", "800 s"]),
    ],
)
def test_the_scale_has_round_times(end_ms, words):
    ticks = ticks_of(tree_from([bar(1, end=end_ms)]))
    assert [time for _place, time in ticks] == words
    assert ticks[0][0] == 0
    assert ticks[-1][0] <= 100


def test_the_tree_of_a_trace_is_one_query(claims, django_assert_num_queries):
    with django_assert_num_queries(1):
        tree = tree_of(claims)
    assert len(tree.by_id) == 3
