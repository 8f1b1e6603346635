from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from traces.models import Assessment, Trace, TraceState


def numbers_in(page: str) -> list[int]:
    return [int(number) for number in re.findall(r"Question (\d+)\?</a>", page)]


def say(trace: Trace, name: str, value: object, **more: object) -> Assessment:
    said = {"kind": "feedback", "source_type": "HUMAN", "source_id": "a@example.org"} | more
    return Assessment.objects.create(trace=trace, name=name, value=value, **said)


@pytest.mark.parametrize("page", ["!", "x", "WzAsICIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgInRyLTEiXQ"])
def test_a_strange_page_is_no_error(client_of, dana, make_trace, page):
    make_trace(1)
    assert client_of(dana).get("/traces/", {"page": page}).status_code == 200


def test_developers_see_the_traces_newest_first(client_of, dana, make_trace):
    make_trace(2)
    make_trace(1)

    page = client_of(dana).get("/traces/").content.decode()

    assert page.index("Question 1?") < page.index("Question 2?")
    assert "Answer 1." in page


def test_assessments_stand_beside_the_trace_and_replaced_ones_do_not(client_of, dana, make_trace):
    first = say(make_trace(1), "is_correct", True)
    first.override(value=False)

    page = client_of(dana).get("/traces/").content.decode()

    assert "is correct: no" in page
    assert "is correct: yes" not in page


def test_a_column_has_people_beside_judges_and_counts_them(client_of, dana, make_trace):
    trace = make_trace(1)
    say(trace, "correct", False)
    say(trace, "correct", False, source_id="b@example.org")
    say(trace, "correct", True, source_type="LLM_JUDGE", source_id="judge")
    say(trace, "tone", "warm")

    response = client_of(dana).get("/traces/?column=correct&column=nothing")

    (row,) = response.context["rows"]
    assert [[(each.text, each.tone, each.n, each.is_human) for each in cell.shown] for cell in row.cells] == [
        [("no", "fail", 2, True), ("yes", "pass", 1, False)],
        [],
    ]
    assert response.context["headings"] == ["correct", "nothing"]
    assert "warm" not in response.content.decode()


def test_a_number_stands_for_what_a_cell_has_no_room_for(client_of, dana, make_trace):
    trace = make_trace(1)
    for name in ("correct", "kind", "short", "sourced"):
        say(trace, name, False)

    response = client_of(dana).get("/traces/")

    people, judges = response.context["rows"][0].cells
    assert [each.text for each in people.shown] == ["correct: no", "kind: no"]
    assert people.others_in_words == "short: no, sourced: no"
    assert 'title="short: no, sourced: no"><span aria-hidden="true">+2</span>' in response.content.decode()
    assert judges.others == []


def test_what_was_judged_is_a_chip(client_of, dana, make_trace):
    make_trace(1)
    say(make_trace(2), "correct", True)

    assert numbers_in(client_of(dana).get("/traces/?judged=1").content.decode()) == [2]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("text=question 2", {2}),
        ("state=ERROR", {3}),
        ("text=nothing of it", set()),
        ("text=ANSWER", {1, 2, 3, 4}),
        ("text=tr-00000000000000000000000000000002", {2}),
        ("filter=status = 'ERROR'", {3}),
        ("filter=status = 'OK'&text=2", {2}),
        ("chat=1", {2}),
        ("since=7d", {4}),
        ("", {1, 2, 3, 4}),
    ],
)
def test_filters_narrow_the_list(client_of, dana, make_trace, query, numbers):
    make_trace(1)
    make_trace(2, tags={"reviewapp.endpoint": "claims"})
    make_trace(3, state=TraceState.ERROR)
    make_trace(4, request_time=timezone.now() - timedelta(days=2))

    assert {*numbers_in(client_of(dana).get(f"/traces/?{query}").content.decode())} == numbers


def test_an_experiment_is_a_filter(client_of, dana, make_trace):
    make_trace(1)
    other = make_trace(2, experiment="clinic")

    page = client_of(dana).get(f"/traces/?experiment={other.experiment_id}").content.decode()

    assert "Question 2?" in page
    assert "Question 1?" not in page


def test_what_is_not_understood_shows_everything(client_of, dana, make_trace):
    make_trace(1)
    asked = "experiment=x&state=LOST&page=yesterday&since=soon&sort=colour"

    assert b"Question 1?" in client_of(dana).get(f"/traces/?{asked}").content


def test_a_wrong_filter_is_said_with_its_place(client_of, dana, make_trace):
    make_trace(1)

    response = client_of(dana).get("/traces/", {"filter": "status = 'OK' AND colour = 'red'"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "<mark>colour</mark>" in page
    assert "is not known" in page
    assert 'aria-invalid="true"' in page
    assert "Question 1?" not in page


@pytest.mark.parametrize(("filter_string", "at"), [("status = ", ""), ("status = '<b>", "&#x27;&lt;b&gt;")])
def test_a_place_may_be_the_end_and_is_never_markup(client_of, dana, filter_string, at):
    page = client_of(dana).get("/traces/", {"filter": filter_string}).content.decode()
    assert f"<mark>{at or '&nbsp;&nbsp;'}</mark>" in page


@pytest.mark.parametrize(("sort", "numbers"), [("", [1, 2, 3]), ("oldest", [3, 2, 1]), ("slowest", [2, 3, 1])])
def test_the_list_can_be_sorted(client_of, dana, make_trace, sort, numbers):
    for number, duration in [(1, None), (2, 900), (3, 20)]:
        make_trace(number, execution_duration_ms=duration)

    assert numbers_in(client_of(dana).get(f"/traces/?sort={sort}").content.decode()) == numbers


def test_older_traces_are_a_page_away_and_keep_the_filter(client_of, dana, make_trace):
    for number in range(1, 62):
        make_trace(number)
    client = client_of(dana)

    first = client.get("/traces/?text=question")
    assert numbers_in(first.content.decode()) == [*range(1, 51)]
    token = first.context["page"].next_page_token
    second = client.get("/traces/", {"text": "question", "page": token})
    assert numbers_in(second.content.decode()) == [*range(51, 62)]
    assert "?text=question" in second.content.decode()
    back = client.get("/traces/", {"text": "question", "page": second.context["page"].previous_page_token})
    assert numbers_in(back.content.decode()) == [*range(1, 51)]


def test_the_list_takes_the_same_queries_for_many_traces(client_of, dana, make_trace, django_assert_num_queries):
    client = client_of(dana)
    for number in range(1, 31):
        say(make_trace(number), "correct", True)

    # user, traces, assessments, experiments, views; the names of assessments and that there is no other
    with django_assert_num_queries(7):
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
