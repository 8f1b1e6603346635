"""Pages, orders and windows of `search`."""

from __future__ import annotations

import pytest

from traces.models import Assessment, Trace
from traces.search import FilterError, PageTokenError, driving, search


def numbers(page) -> list[int]:
    return [int(trace.pk.removeprefix("tr-"), 16) for trace in page.traces]


def walk(size: int, **asked) -> list[list[int]]:
    """All pages, forwards; and the same ones backwards."""
    pages, token = [], ""
    while True:
        page = search(max_results=size, page_token=token, **asked)
        pages.append(page)
        token = page.next_page_token
        if not token:
            break
    back, page = [], pages[-1]
    while page.previous_page_token:
        page = search(max_results=size, page_token=page.previous_page_token, **asked)
        back.append(numbers(page))
    assert back[::-1] == [numbers(each) for each in pages[:-1]]
    return [numbers(each) for each in pages]


def test_pages_follow_each_other_both_ways(make_trace):
    for number in range(1, 8):
        make_trace(number)

    assert walk(3) == [[1, 2, 3], [4, 5, 6], [7]]
    assert walk(3, order_by=["timestamp ASC"]) == [[7, 6, 5], [4, 3, 2], [1]]


def test_traces_of_the_same_moment_are_all_on_some_page(make_trace):
    same = make_trace(1).request_time
    for number in range(2, 6):
        make_trace(number, request_time=same)

    assert walk(2) == [[5, 4], [3, 2], [1]]


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (["execution_time_ms DESC"], [[2, 4], [1, 3]]),
        (["execution_time"], [[3, 1], [4, 2]]),
        (["status ASC", "timestamp_ms DESC"], [[3, 1], [2, 4]]),
        (["tags.env DESC"], [[2, 1], [4, 3]]),
        (["metadata.`a.b`", "name DESC"], [[3, 4], [2, 1]]),
        (["end_time DESC"], [[1, 2], [4, 3]]),
        (["request_id"], [[1, 2], [3, 4]]),
        (["run_id DESC", "experiment_id ASC", "timestamp"], [[4, 3], [2, 1]]),
    ],
)
def test_every_order_can_be_gone_through(make_trace, order_by, expected):
    make_trace(1, execution_duration_ms=5, tags={"env": "b"}, metadata={"a.b": "z"}, name="x")
    make_trace(2, execution_duration_ms=90, tags={"env": "c"}, metadata={"a.b": "y"}, name="x")
    make_trace(3, state="ERROR", name="y")
    make_trace(4, execution_duration_ms=7, state="OK", name="x")

    assert walk(2, order_by=order_by) == expected


@pytest.mark.parametrize(
    ("order_by", "says"),
    [
        ("colour", "Nothing can be sorted"),
        ("timestamp UP", "ASC or DESC"),
        ("", "what to sort by"),
        ("span.name", "No"),
    ],
)
def test_what_cannot_be_sorted_by_is_said(db, order_by, says):
    with pytest.raises(FilterError, match=says):
        search(order_by=[order_by])


@pytest.mark.parametrize("token", ["x", "!!!", "W10", "WzAsMSwyXQ", "eyJvZmZzZXQiOiAyfQ==", "WzBd"])
def test_a_strange_token_is_refused(db, token):
    with pytest.raises(PageTokenError):
        search(page_token=token)


@pytest.fixture
def small_windows(monkeypatch):
    monkeypatch.setattr(driving, "MOST_LOOKED_AT", {"column": 4, "lookup": 3, "content": 2})
    monkeypatch.setattr("traces.search.looking.MOST_LOOKED_AT", driving.MOST_LOOKED_AT)
    monkeypatch.setattr("traces.search.looking.MOST_SORTED", 4)


def test_what_no_index_answers_is_looked_up_in_windows(make_trace, small_windows):
    for number in range(1, 11):
        make_trace(number, tags={"env": "rare"} if number in {2, 9} else {})

    first = search("tag.env = 'rare'", max_results=5)
    second = search("tag.env = 'rare'", max_results=5, page_token=first.next_page_token)
    third = search("tag.env = 'rare'", max_results=5, page_token=second.next_page_token)

    assert [numbers(page) for page in (first, second, third)] == [[2], [], [9]]
    assert [page.looked_through for page in (first, second, third)] == [4, 4, None]
    assert not third.next_page_token


def test_a_full_page_says_nothing_of_windows(make_trace, small_windows):
    for number in range(1, 11):
        make_trace(number, tags={"env": "often"})

    page = search("tag.env = 'often'", max_results=2)

    assert (numbers(page), page.looked_through) == ([1, 2], None)
    assert walk(2, filter_string="tag.env = 'often'")[:2] == [[1, 2], [3, 4]]


def test_an_order_without_an_index_sorts_the_newest_and_says_so(make_trace, small_windows):
    for number in range(1, 11):
        make_trace(number, name=f"n{number % 3}")

    page = search(order_by=["name ASC"], max_results=3)

    assert numbers(page) == [3, 1, 4]
    assert (page.looked_through, page.is_cut) == (4, True)


@pytest.mark.parametrize("order_by", ["execution_time DESC", "end_time DESC", "trace_id DESC"])
def test_duration_end_and_id_have_an_index(make_trace, small_windows, order_by):
    begin = make_trace(11).request_time
    for number in range(1, 11):
        make_trace(number, execution_duration_ms=number, request_time=begin)
    Trace.objects.filter(pk=f"tr-{11:032x}").delete()

    page = search(order_by=[order_by], max_results=2)

    assert (numbers(page), page.looked_through) == ([10, 9], None)


def test_the_rarer_of_two_conditions_leads(make_trace, small_windows):
    for number in range(1, 11):
        make_trace(number, name="common", state="ERROR" if number == 9 else "OK")

    page = search("name = 'common' AND status = 'ERROR'")

    assert (numbers(page), page.looked_through) == ([9], None)


def test_experiment_and_status_have_an_index_together(make_trace, small_windows):
    for number in range(1, 11):
        make_trace(number, state="ERROR" if number == 9 else "OK", experiment="clinic" if number > 7 else "claims")
    experiment = make_trace(20, experiment="clinic").experiment_id

    page = search(f"experiment_id = {experiment} AND status = 'ERROR'")

    assert (numbers(page), page.looked_through) == ([9], None)


def test_a_rare_assessment_is_found_however_old(make_trace, small_windows):
    traces = [make_trace(number) for number in range(1, 11)]
    Assessment.objects.create(
        trace=traces[9], kind="feedback", name="toxic", value=True, source_type="CODE", source_id="x"
    )

    assert numbers(search("feedback.toxic = 'true'")) == [10]
    assert numbers(search("feedback.toxic = 'true' AND status = 'ERROR'")) == []


def test_deleted_traces_are_not_found(make_trace):
    make_trace(1)
    gone = make_trace(2)
    gone.deleted_at = gone.request_time
    gone.save()

    assert numbers(search()) == [1]
    assert numbers(search(f"request_id = '{gone.pk}'")) == []
    assert numbers(search(text="question")) == [1]


def test_a_page_takes_one_query(make_trace, django_assert_num_queries):
    for number in range(1, 4):
        make_trace(number)

    with django_assert_num_queries(1):
        search(max_results=2)
    with django_assert_num_queries(1):
        search("status = 'ERROR'", max_results=2)
    with django_assert_num_queries(2):  # the end of the window comes first
        search("status = 'OK'", max_results=2)
