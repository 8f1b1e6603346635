"""Chosen traces of the explorer into a session."""

from __future__ import annotations

import pytest

from labeling.models import LabelingSession
from traces.models import Experiment, Trace

PATHS = ["/labeling/from-traces/", "/labeling/from-traces/put/"]


@pytest.fixture
def new_traces(make_traces) -> list[Trace]:
    return make_traces(3)


def ids(traces) -> list[str]:
    return [trace.pk for trace in traces]


def test_the_list_of_traces_offers_it_to_managers_only(client_of, mallory, dana, new_traces):
    assert b'formaction="/labeling/from-traces/"' in client_of(mallory).get("/traces/").content
    assert b"/labeling/from-traces/" not in client_of(dana).get("/traces/").content


def test_the_sessions_that_can_take_them_are_offered(client_of, mallory, session, new_traces):
    response = client_of(mallory).post(PATHS[0], {"trace": ids(new_traces), "query": "state=OK"})

    page = response.content.decode()
    assert "Add 3 traces to a session" in page
    assert session.name in page
    assert all(trace_id in page for trace_id in ids(new_traces))
    session.refresh_from_db()
    assert session.n_items == 5


def test_traces_go_into_a_session_once(client_of, mallory, session, new_traces):
    chosen = [session.items.first().trace_id, *ids(new_traces)]

    response = client_of(mallory).post(PATHS[1], {"trace": chosen, "session": str(session.pk)}, follow=True)

    session.refresh_from_db()
    assert session.n_items == 8
    assert "3 traces are now in the session. 1 was in it before." in response.content.decode()
    assert response.redirect_chain[-1][0] == f"/labeling/sessions/{session.pk}/setup/"


def test_a_new_session_is_a_draft_of_their_experiment(client_of, mallory, new_traces, claims):
    other = Trace.objects.create(
        trace_id="tr-other",
        experiment=Experiment.objects.create(name="clinic"),
        request_time=new_traces[0].request_time,
    )

    response = client_of(mallory).post(PATHS[1], {"trace": ids([*new_traces, other]), "session": "new"}, follow=True)

    made = LabelingSession.objects.get()
    assert (made.experiment, made.state, made.n_items, made.created_by) == (claims, "draft", 3, mallory)
    assert "1 is of another experiment and stays out." in response.content.decode()


def test_all_that_match_go_into_a_session(client_of, mallory, session, new_traces):
    client_of(mallory).post(PATHS[1], {"all": "1", "query": "filter=status+%3D+%27OK%27", "session": str(session.pk)})
    session.refresh_from_db()
    assert session.n_items == Trace.objects.count()


def test_a_closed_session_takes_none(client_of, mallory, session, new_traces):
    session.close()
    response = client_of(mallory).post(PATHS[1], {"trace": ids(new_traces), "session": str(session.pk)})
    assert response.status_code == 422


def test_nothing_chosen_leads_back(client_of, mallory, db):
    assert client_of(mallory).post(PATHS[0]).url == "/traces/"
    assert client_of(mallory).post(PATHS[1], {"session": "new"}).status_code == 422
    assert not LabelingSession.objects.exists()


def test_what_is_in_a_session_cannot_be_deleted(client_of, mallory, session):
    trace = session.items.first().trace

    response = client_of(mallory).post("/traces/delete/", {"trace": trace.pk}, follow=True)

    assert f"1 trace stays: in the session “{session.name}”." in response.content.decode()
    assert Trace.objects.kept().filter(pk=trace.pk).exists()


def test_a_deleted_trace_is_not_put_into_a_session(client_of, mallory, session, new_traces):
    client_of(mallory).post("/traces/delete/", {"trace": new_traces[0].pk})
    client_of(mallory).post(PATHS[1], {"trace": ids(new_traces), "session": str(session.pk)})
    session.refresh_from_db()
    assert session.n_items == 7


def test_plain_forms_work_with_csrf_enforced(client_of, mallory, new_traces):
    client = client_of(mallory, enforce_csrf_checks=True)
    assert client.post(PATHS[0], {"trace": ids(new_traces)}).status_code == 403
    client.get("/traces/")
    form = {"trace": ids(new_traces), "csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    assert client.post(PATHS[0], form).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_who_may_not(client_of, alice, dana, mallory, client, path):
    assert client_of(alice).post(path).status_code == 404
    assert client_of(dana).post(path).status_code == 404
    assert client.post(path).status_code == 302
    assert client_of(mallory).get(path).status_code == 405
