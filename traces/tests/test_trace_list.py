from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from traces.models import Assessment, Experiment, Trace, TraceState

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def make_trace(db):
    """Return a function: store a trace that is `minutes` old."""

    def make(number: int, *, experiment: str = "claims", **fields) -> Trace:
        box, _ = Experiment.objects.get_or_create(name=experiment)
        facts = {
            "state": TraceState.OK,
            "request_preview": f"Question {number}?",
            "response_preview": f"Answer {number}.",
        }
        return Trace.objects.create(
            trace_id=f"tr-{number:032x}",
            experiment=box,
            request_time=NOON - timedelta(minutes=number),
            **facts | fields,
        )

    return make


@pytest.mark.parametrize("after", ["0001-01-01T00:00:00+14:00,tr-1", "9999-12-31T23:59:59-14:00,tr-1", ",", "x,y"])
def test_a_cursor_at_the_edge_of_time_is_no_error(client_of, dana, make_trace, after):
    make_trace(1)
    assert client_of(dana).get("/traces/", {"after": after}).status_code == 200


def test_developers_see_the_traces_newest_first(client_of, dana, make_trace):
    make_trace(2)
    make_trace(1)

    page = client_of(dana).get("/traces/").content.decode()

    assert page.index("Question 1?") < page.index("Question 2?")
    assert "Answer 1." in page


def test_assessments_stand_beside_the_trace_and_replaced_ones_do_not(client_of, dana, make_trace):
    trace = make_trace(1)
    first = Assessment.objects.create(
        trace=trace, kind="feedback", name="is_correct", value=True, source_type="HUMAN", source_id="alice@example.org"
    )
    first.override(value=False)

    page = client_of(dana).get("/traces/").content.decode()

    assert "is correct: no" in page
    assert "is correct: yes" not in page


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("text=question 2", {2}),
        ("state=ERROR", {3}),
        ("text=nothing of it", set()),
        ("text=ANSWER", {1, 2, 3}),
        ("", {1, 2, 3}),
    ],
)
def test_filters_narrow_the_list(client_of, dana, make_trace, query, numbers):
    make_trace(1)
    make_trace(2)
    make_trace(3, state=TraceState.ERROR)

    page = client_of(dana).get(f"/traces/?{query}").content.decode()

    assert {n for n in (1, 2, 3) if f"Question {n}?" in page} == numbers


def test_an_experiment_is_a_filter(client_of, dana, make_trace):
    make_trace(1)
    other = make_trace(2, experiment="clinic")

    page = client_of(dana).get(f"/traces/?experiment={other.experiment_id}").content.decode()

    assert "Question 2?" in page
    assert "Question 1?" not in page


def test_a_wrong_filter_shows_everything(client_of, dana, make_trace):
    make_trace(1)

    assert b"Question 1?" in client_of(dana).get("/traces/?experiment=999&state=LOST&after=yesterday").content


def test_older_traces_are_a_page_away_and_keep_the_filter(client_of, dana, make_trace):
    for number in range(1, 62):
        make_trace(number)
    client = client_of(dana)

    first = client.get("/traces/?text=question")
    assert "Question 50?" in first.content.decode()
    assert "Question 51?" not in first.content.decode()
    second = client.get(f"/traces/?text=question&after={first.context['next']}".replace("+", "%2B")).content.decode()
    assert "Question 50?" not in second
    assert "Question 51?" in second
    assert "Question 61?" in second
    assert "?text=question" in second


def test_the_list_takes_the_same_queries_for_many_traces(client_of, dana, make_trace, django_assert_num_queries):
    client = client_of(dana)
    for number in range(1, 31):
        trace = make_trace(number)
        Assessment.objects.create(
            trace=trace, kind="feedback", name="correct", value=True, source_type="HUMAN", source_id="a@example.org"
        )

    with django_assert_num_queries(4):  # user, experiments, traces, assessments
        client.get("/traces/")


def test_an_empty_list_says_how_traces_come_in(client_of, dana):
    assert b"/v1/traces" in client_of(dana).get("/traces/").content


def test_managers_read_traces_too(client_of, mallory):
    assert client_of(mallory).get("/traces/").status_code == 200


def test_experts_have_no_such_page(client_of, alice):
    assert client_of(alice).get("/traces/").status_code == 404


def test_anonymous_people_sign_in_first(client, db):
    response = client.get("/traces/")

    assert response.status_code == 302
    assert response.url.startswith("/accounts/sign-in/")


def test_the_list_is_only_read(client_of, dana):
    assert client_of(dana).post("/traces/").status_code == 405


def test_a_cut_name_says_that_it_is_cut():
    assert str(Trace(request_preview="word " * 40)).endswith("…")
    assert str(Trace(request_preview="short")) == "short"
