"""Set-up, part 1: which traces."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from labeling.models import LabelingSession, LabelSchema, QuestionSpec
from labeling.selecting import Selection
from traces.models import Experiment, Trace

HTMX = {"HX-Request": "true"}


@pytest.fixture
def traces(claims) -> list[Trace]:
    """Six traces of March 2026: two on floods, one failed, one tagged, one without a question and an answer."""
    rows = [
        {"request_preview": "Is a flood covered?", "response_preview": "Yes."},
        {"request_preview": "My roof", "response_preview": "No: after a FLOOD only the cellar."},
        {"request_preview": "Storm?", "state": "ERROR"},
        {"request_preview": "Hail?", "response_preview": "Yes.", "tags": {"env": "prod", "mlflow.user": "ada"}},
        {"request_preview": "Fire?", "response_preview": "Yes.", "tags": {"env": "test"}},
        {"name": "index documents"},
    ]
    return [
        Trace.objects.create(
            trace_id=f"tr-{n:032x}",
            experiment=claims,
            request_time=datetime(2026, 3, n, 12, tzinfo=UTC),
            **{"state": "OK", **row},
        )
        for n, row in enumerate(rows, start=1)
    ]


@pytest.fixture
def draft(claims, traces, mallory) -> LabelingSession:
    return LabelingSession.objects.create(
        experiment=claims, name="Claims", created_by=mallory, selection={"mode": "all", "size": 3, "seed": 7}
    )


@pytest.fixture
def choose(draft, mallory, client_of):
    """Return a function: send the form with these fields, as a plain form or by htmx."""

    def send(*, htmx: bool = False, **fields: object):
        data = {"mode": "all", "experiment": draft.experiment_id, **fields}
        return client_of(mallory).post(url_of(draft), data, headers=HTMX if htmx else {})

    return send


def url_of(session: LabelingSession, rest: str = "") -> str:
    return f"/labeling/sessions/{session.pk}/setup/traces/{rest}"


def found_by(draft: LabelingSession) -> list[int]:
    """The numbers of the traces that are chosen, 1 to 6."""
    draft.refresh_from_db()
    return sorted(int(trace.pk.removeprefix("tr-"), 16) for trace in Selection.of(draft).draw(draft))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"with_side_traces": "on"}, [1, 2, 3, 4, 5, 6]),
        ({"text": "flood"}, [1, 2]),
        ({"state": "ERROR"}, [3]),
        ({"since": "2026-03-04"}, [4, 5]),
        ({"until": "2026-03-02"}, [1, 2]),
        ({"since": "2026-03-02", "until": "2026-03-03"}, [2, 3]),
        ({"tag": "env"}, [4, 5]),
        ({"tag": "env = prod"}, [4]),
        ({"tag": "mlflow.user=ada"}, [4]),
        ({"tag": "env=other"}, []),
        ({"filter": "tag.env = 'test'"}, [5]),
        ({"filter": "status = 'OK'", "text": "flood", "until": "2026-03-01"}, [1]),
    ],
)
def test_each_field_narrows_what_is_found(choose, draft, fields, expected):
    answer = choose(**fields)
    assert answer.url == f"/labeling/sessions/{draft.pk}/setup/#part-traces"
    assert found_by(draft) == expected


def test_htmx_gets_the_count_and_tells_the_preview(choose):
    answer = choose(htmx=True, text="flood")
    assert answer.text.strip().startswith('<div class="found" id="found">')
    assert "2 traces match." in answer.text
    assert "session:changed" in answer.headers["HX-Trigger"]


def test_sample_says_its_rule_and_draws_the_same_again(choose, draft):
    answer = choose(htmx=True, mode="sample", size="2", seed="11")
    assert "5 traces match." in answer.text
    assert "(40.0 %)" in answer.text
    assert "Draw number 11" in answer.text
    first = found_by(draft)
    assert len(first) == 2
    assert found_by(draft) == first


def test_counting_stops_where_nobody_counts_on(choose, monkeypatch):
    monkeypatch.setattr("labeling.finding.MOST", 4)
    answer = choose(htmx=True)
    assert "More than 4 traces match." in answer.text
    assert "too much for one session" in answer.text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"filter": "status = 'OK' OR name = 'x'"}, "At character 15: OR is not understood"),
        ({"since": "2026-03-04", "until": "2026-03-02"}, "The last day is before the first."),
        ({"since": "soon"}, "Enter a valid date."),
        ({"mode": "sample", "size": ""}, "Say how many traces to draw."),
        ({"mode": "sample", "size": "0"}, "greater than or equal to 1"),
        ({"mode": "sample", "size": "20000"}, "less than or equal to 10000"),
        ({"mode": "none"}, "not one of the available choices"),
        ({"experiment": "999"}, "not one of the available choices"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_what_contradicts_itself_is_refused_and_given_back(choose, draft, fields, says, htmx):
    answer = choose(htmx=htmx, text="kept words", **fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert ("kept words" in answer.text) is not htmx  # htmx leaves the fields alone
    draft.refresh_from_db()
    assert draft.selection == {"mode": "all", "size": 3, "seed": 7}


def test_the_place_that_is_not_understood_is_marked(choose):
    assert "status = &#x27;OK&#x27; <mark>OR name" in choose(htmx=True, filter="status = 'OK' OR name = 'x'").text


def test_another_experiment_takes_the_questions_along(choose, draft, correct, ideal):
    draft.set_questions([QuestionSpec(correct, is_required=True), QuestionSpec(ideal, show_if={"correct": False})])
    tax = Experiment.objects.create(name="tax")
    there = LabelSchema.objects.ask(
        experiment=tax, name="correct", type="feedback", title="Right?", input={"pass_fail": {}}
    )
    choose(experiment=tax.pk)
    draft.refresh_from_db()
    first, second = draft.questions.all()
    assert draft.experiment == tax
    assert (first.schema, first.is_required) == (there, True)  # its namesake there
    assert second.schema.experiment == tax
    assert second.schema.current.title == "The ideal answer"
    assert second.show_if == {"correct": False}


def test_list_shows_a_page_newest_first_and_goes_on(make_traces, draft, mallory, client_of):
    make_traces(30)
    draft.selection = {"mode": "hand"}
    draft.save()
    client = client_of(mallory)
    first = client.get(f"/labeling/sessions/{draft.pk}/setup/")
    rows = first.context["page"].found.rows
    assert len(rows) == 20
    assert [row.trace.request_time for row in rows] == sorted((row.trace.request_time for row in rows), reverse=True)
    after = first.context["page"].found.next_after
    second = client.get(f"/labeling/sessions/{draft.pk}/setup/?after={after}").context["page"].found
    assert len(second.rows) == 15
    assert not {row.trace for row in rows} & {row.trace for row in second.rows}
    assert second.next_after == ""


def test_ticks_are_kept_page_by_page(draft, traces, mallory, client_of):
    draft.selection = {"mode": "hand", "picked": [traces[0].pk, traces[1].pk]}
    draft.save()
    data = {"shown": [traces[1].pk, traces[2].pk], "trace": [traces[2].pk], "after": traces[2].pk}
    answer = client_of(mallory).post(url_of(draft, "pick/"), data)
    assert answer.url == f"/labeling/sessions/{draft.pk}/setup/?after={traces[2].pk}#part-traces"
    assert found_by(draft) == [1, 3]


def test_a_tick_by_htmx_stays_on_its_page_of_the_list(draft, traces, mallory, client_of):
    draft.selection = {"mode": "hand"}
    draft.save()
    data = {"shown": [traces[1].pk], "trace": [traces[1].pk], "here": traces[2].pk}
    answer = client_of(mallory).post(url_of(draft, "pick/"), data, headers=HTMX)
    assert "One trace is picked." in answer.text
    assert answer.context["page"].after == traces[2].pk


def test_a_trace_of_another_experiment_cannot_be_picked(draft, mallory, client_of):
    foreign = Trace.objects.create(
        trace_id="tr-" + "f" * 32,
        experiment=Experiment.objects.create(name="tax"),
        request_time=datetime(2026, 3, 1, tzinfo=UTC),
    )
    draft.selection = {"mode": "hand"}
    draft.save()
    client_of(mallory).post(url_of(draft, "pick/"), {"shown": [foreign.pk], "trace": [foreign.pk]})
    assert found_by(draft) == []


def test_adding_to_an_open_session_takes_only_new_traces(session, make_traces, mallory, client_of):
    make_traces(3)
    session.selection = {"mode": "all"}
    session.save()
    client = client_of(mallory, enforce_csrf_checks=True)
    page = client.get(f"/labeling/sessions/{session.pk}/setup/")
    assert "Add these 3 traces" in page.text
    token = client.cookies["csrftoken"].value
    answer = client.post(url_of(session, "add/"), {"csrfmiddlewaretoken": token})
    assert answer.url == f"/labeling/sessions/{session.pk}/setup/#part-traces"
    session.refresh_from_db()
    assert (session.n_items, session.n_open) == (8, 8)


def test_adding_nothing_is_refused(session, mallory, client_of):
    session.selection = {"mode": "hand"}
    session.save()
    assert client_of(mallory).post(url_of(session, "add/")).status_code == 422


def test_a_draft_only_remembers_the_choice(draft, mallory, client_of):
    assert client_of(mallory).post(url_of(draft, "add/")).status_code == 422
    assert not draft.items.exists()


def test_keys_of_another_release_are_left_out(draft):
    draft.selection = {"mode": "all", "dataset": "golden"}
    assert Selection.of(draft).mode == "all"


def test_keeping_and_counting_takes_few_queries(draft, mallory, client_of, django_assert_max_num_queries):
    client = client_of(mallory)
    with django_assert_max_num_queries(8):  # session, person, form's experiment, save, count
        client.post(url_of(draft), {"mode": "all", "experiment": draft.experiment_id}, headers=HTMX)


@pytest.mark.parametrize("days", [{"since": "0001-01-01"}, {"until": "9999-12-31"}])
def test_a_day_at_the_edge_of_time_is_refused(choose, draft, mallory, client_of, days):
    assert choose(**days).status_code == 422
    assert client_of(mallory).get(f"/labeling/sessions/{draft.pk}/setup/").status_code == 200


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31"])
def test_a_filter_at_the_edge_of_time_is_no_error(choose, moment):
    assert choose(filter=f"timestamp < '{moment}'").status_code < 500
