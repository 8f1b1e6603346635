"""Tagging and deleting chosen traces."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models import Exists, OuterRef
from django.utils import timezone

from traces import keeping
from traces.deleting import PATIENCE, purge_deleted
from traces.keeping import Need
from traces.models import Assessment, Span, Trace, TraceText

PATHS = ["/traces/tag/", "/traces/delete/", "/traces/undelete/"]


@pytest.fixture
def traces(make_trace) -> list[Trace]:
    return [make_trace(number, state="ERROR" if number > 2 else "OK") for number in range(1, 5)]


@pytest.fixture
def keeper(monkeypatch, traces):
    """Another room that keeps the first trace."""

    def is_kept() -> Exists:
        return Exists(Trace.objects.filter(pk=traces[0].pk).filter(pk=OuterRef("pk")))

    def reasons(ids) -> dict[str, str]:
        return {traces[0].pk: "in the session “March”"} if traces[0].pk in ids else {}

    monkeypatch.setattr(keeping, "NEEDS", [Need(is_kept, reasons)])


def kept() -> set[int]:
    return {int(trace.pk[3:], 16) for trace in Trace.objects.kept()}


def delete(client, traces, **more):
    return client.post("/traces/delete/", {"trace": [trace.pk for trace in traces], **more}, follow=True)


def undo(client, response):
    token = parse_qs(urlsplit(response.redirect_chain[-1][0]).query)["deleted"][0]
    return client.post("/traces/undelete/", {"deleted": token}, follow=True)


def test_chosen_traces_get_a_tag_and_keep_their_others(client_of, dana, traces):
    Trace.objects.filter(pk=traces[0].pk).update(tags={"env": "prod"})
    chosen = [traces[0].pk, traces[1].pk, "tr-unknown"]

    response = client_of(dana).post(
        "/traces/tag/", {"trace": chosen, "key": "batch", "value": "7", "query": "state=OK&evil=1"}, follow=True
    )

    assert "2 traces are tagged." in response.content.decode()
    assert response.redirect_chain[-1][0] == "/traces/?state=OK"
    assert [trace.tags for trace in Trace.objects.order_by("pk")] == [
        {"env": "prod", "batch": "7"}, {"batch": "7"}, {}, {},
    ]  # fmt: skip


def test_a_tag_without_a_name_is_422_and_keeps_the_choice(client_of, dana, traces):
    response = client_of(dana).post("/traces/tag/", {"trace": traces[0].pk, "key": "", "value": "7"})

    assert response.status_code == 422
    assert traces[0].pk in response.content.decode()


def test_all_that_match_are_chosen_beyond_the_page(client_of, dana, traces):
    client_of(dana).post("/traces/tag/", {"all": "1", "query": "state=ERROR", "key": "a", "value": "b"})
    assert {trace.pk for trace in Trace.objects.filter(tags={"a": "b"})} == {traces[2].pk, traces[3].pk}


def test_deleted_traces_are_gone_from_sight_and_come_back(client_of, dana, traces):
    client = client_of(dana)

    response = delete(client, traces[:2])

    assert "2 traces are deleted." in response.content.decode()
    assert "Undo" in response.content.decode()
    assert kept() == {3, 4}
    assert client.get(f"/traces/{traces[0].pk}/").status_code == 404
    assert "2 traces are back." in undo(client, response).content.decode()
    assert kept() == {1, 2, 3, 4}


def test_an_undo_brings_back_only_what_was_deleted_with_it(client_of, dana, traces):
    client = client_of(dana)
    delete(client, traces[:1])

    undo(client, delete(client, traces[1:2]))

    assert kept() == {2, 3, 4}


def test_deleted_traces_are_purged_later_with_all_they_have(client_of, dana, traces):
    Span.objects.create(trace=traces[0], span_id="1" * 16, start_time_ns=1)
    Assessment.objects.create(
        trace=traces[0], kind="feedback", name="correct", value=True, source_type="CODE", source_id="x"
    )
    response = delete(client_of(dana), traces[:1])
    assert purge_deleted() == 0

    Trace.objects.exclude(deleted_at=None).update(deleted_at=timezone.now() - PATIENCE - timedelta(seconds=1))

    assert purge_deleted() == 1
    assert Trace.objects.count() == 3
    assert (Span.objects.count(), Assessment.objects.count(), TraceText.objects.count()) == (0, 0, 3)
    assert "too late" in undo(client_of(dana), response).content.decode()


def test_what_must_stay_stays_and_says_why(client_of, dana, traces, keeper):
    response = delete(client_of(dana), traces[:2])

    assert "1 trace stays: in the session “March”." in response.content.decode()
    assert "1 trace is deleted." in response.content.decode()
    assert kept() == {1, 3, 4}


def test_what_must_stay_by_the_time_it_is_purged_comes_back(traces, keeper):
    Trace.objects.update(deleted_at=timezone.now() - PATIENCE - timedelta(seconds=1))

    assert purge_deleted() == 3
    assert kept() == {1}


def test_nothing_chosen_is_said(client_of, dana, traces):
    assert "No trace was chosen" in delete(client_of(dana), []).content.decode()
    assert kept() == {1, 2, 3, 4}


@pytest.mark.parametrize("token", ["", "x", "x:y:z"])
def test_a_strange_undo_is_no_error(client_of, dana, traces, token):
    response = client_of(dana).post("/traces/undelete/", {"deleted": token}, follow=True)
    assert "too late" in response.content.decode()


def test_plain_forms_work_with_csrf_enforced(client_of, dana, traces):
    client = client_of(dana, enforce_csrf_checks=True)
    assert client.post("/traces/delete/", {"trace": traces[0].pk}).status_code == 403
    client.get("/traces/")
    token = client.cookies["csrftoken"].value

    client.post("/traces/delete/", {"trace": traces[0].pk, "csrfmiddlewaretoken": token})

    assert kept() == {2, 3, 4}


@pytest.mark.parametrize("path", PATHS)
def test_experts_get_404(client_of, alice, traces, path):
    assert client_of(alice).post(path, {"trace": traces[0].pk, "key": "a"}).status_code == 404
    assert kept() == {1, 2, 3, 4}


@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_sent_to_sign_in(client, db, path):
    assert client.post(path).status_code == 302


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_written_by_get(client_of, dana, path):
    assert client_of(dana).get(path).status_code == 405
