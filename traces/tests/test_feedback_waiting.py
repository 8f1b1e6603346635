"""Feedback that comes before its trace: it waits, joins, or expires where everybody sees it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from traces.feedback import receiving
from traces.feedback.models import EndUserFeedback
from traces.ingest.incoming import IncomingSpan
from traces.ingest.mlflow_json import read_trace
from traces.ingest.storing import store_spans
from traces.ingest.whole_traces import store_trace
from traces.models import Assessment, Trace

START = 1_744_360_000_000_000_000
PAGE = "/feedback/waiting/"


def arrive(shop, n: int) -> None:
    store_spans(shop, [IncomingSpan(f"{n:032x}", "a" * 16, START, START + 1, attributes={})])


@pytest.mark.django_db(transaction=True)
def test_it_joins_the_trace_that_arrives(say, shop):
    answer = say(trace_id=f"tr-{1:032x}", thumbs="down", comment="Wrong", user_id="u", once="f-1")
    assert (answer.status_code, answer.json()) == (202, {"feedback_id": "f-1", "state": "waiting"})
    arrive(shop, 2)
    assert not Assessment.objects.exists()

    arrive(shop, 1)

    said = Assessment.objects.get()
    receipt = EndUserFeedback.objects.get()
    assert (said.trace_id, said.value, said.rationale) == (f"tr-{1:032x}", False, "Wrong")
    assert (receipt.state, receipt.trace_id, receipt.content) == ("joined", said.trace_id, {})
    assert said.created_at == receipt.received_at  # when it was said, not when it was joined
    again = say(trace_id=f"tr-{1:032x}", thumbs="down", once="f-1")
    assert (again.status_code, again.json()["state"]) == (200, "accepted")
    assert Assessment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_joins_by_the_applications_own_request_id(say, shop):
    say(client_request_id="req-7", thumbs="up")
    store_trace(shop, read_trace(mlflow_trace(client_request_id="req-7")))
    assert Assessment.objects.get().trace.client_request_id == "req-7"


@pytest.mark.django_db(transaction=True)
def test_it_joins_by_the_request_id_that_a_span_tells(say, shop):
    say(client_request_id="req-8", thumbs="up")
    inner = IncomingSpan(f"{1:032x}", "b" * 16, START, START + 1, parent_id="a" * 16)
    inner.attributes = {"client_request_id": "req-8"}
    store_spans(shop, [inner])
    arrive(shop, 1)  # the root, later, tells none
    assert Assessment.objects.get().trace.client_request_id == "req-8"


def mlflow_trace(**info) -> dict:
    span = {
        "trace_id": "AAAAAAAAAAAAAAAAAAAAAQ==", "span_id": "AAAAAAAAAAE=", "name": "predict",
        "start_time_unix_nano": START, "end_time_unix_nano": START + 1, "attributes": {},
    }  # fmt: skip
    return {
        "info": {"trace_id": f"tr-{1:032x}", "request_time": "2025-04-11T08:26:40Z", "state": "OK", **info},
        "data": {"spans": [span]},
    }


@pytest.mark.django_db(transaction=True)
def test_the_last_word_of_a_person_is_the_valid_one(say, shop):
    for thumbs in ("down", "up", "down"):
        say(trace_id=f"tr-{1:032x}", thumbs=thumbs, user_id="u")
    arrive(shop, 1)
    assert list(Assessment.objects.order_by("created_at").values_list("value", "valid")) == [
        (False, False), (True, False), (False, True),
    ]  # fmt: skip


def test_a_trace_that_arrives_between_the_two_looks_is_not_missed(say, shop_trace, monkeypatch):
    looks = []
    look = receiving.trace_of

    def late(feedback):
        looks.append(feedback)
        return None if len(looks) < 3 else look(feedback)  # committed elsewhere meanwhile

    shop_trace()
    monkeypatch.setattr(receiving, "trace_of", late)
    assert say(trace_id=f"tr-{1:032x}", thumbs="up").status_code == 200
    assert Assessment.objects.count() == 1


def test_what_came_lately_is_looked_for_again_by_the_worker(say, shop_trace, pk):
    say(trace_id=f"tr-{1:032x}", thumbs="up")
    shop_trace(1)  # stored, but nobody was told: the process died
    receiving.sweep()
    assert Assessment.objects.count() == 1


def test_nothing_is_asked_twice_while_nothing_waits(shop, django_assert_num_queries):
    with django_assert_num_queries(1):
        receiving.join_arrived([receiving.Arrival("tr-1")])


def test_a_trace_that_never_arrives_lets_it_expire_visibly(say, client_of, dana, shop_trace):
    say(trace_id=f"tr-{1:032x}", thumbs="down", comment="Never seen", score=2, categories=["Old"], user_id="u-9")
    page = client_of(dana).get(PAGE).content.decode()
    for words in (f"tr-{1:032x}", "Never seen", "thumbs down", "Old", "u-9", "waiting"):
        assert words in page

    EndUserFeedback.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert "expired" in client_of(dana).get(PAGE).content.decode()  # also before anybody has swept

    receiving.sweep()
    assert EndUserFeedback.objects.get().state == "expired"
    page = client_of(dana).get(PAGE).content.decode()
    assert "Never seen" in page and "expired" in page
    assert say(trace_id=f"tr-{2:032x}", thumbs="up").status_code == 202  # others go on


def test_what_expired_is_not_joined_by_itself_but_by_a_manager(say, client_of, mallory, shop_trace):
    say(trace_id=f"tr-{1:032x}", thumbs="down")
    EndUserFeedback.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    receiving.sweep()
    trace = shop_trace(1)
    receiving.join_arrived([receiving.Arrival(trace.pk)])
    assert not Assessment.objects.exists()

    answer = client_of(mallory).post(f"{PAGE}look/", follow=True)

    assert "1 trace was found." in answer.content.decode()
    assert Assessment.objects.get().trace == trace


def test_receipts_and_what_expired_are_forgotten_after_a_month(say, shop_trace):
    shop_trace(1)
    say(trace_id=f"tr-{1:032x}", thumbs="up")
    say(trace_id="tr-never", thumbs="up")
    long_ago = timezone.now() - timedelta(days=31)
    EndUserFeedback.objects.update(received_at=long_ago, expires_at=long_ago)
    receiving.sweep()
    assert not EndUserFeedback.objects.exists()
    assert Assessment.objects.count() == 1  # what was said stays


def test_the_page_has_as_many_queries_for_many(say, client_of, dana, django_assert_num_queries):
    client = client_of(dana)
    for n in range(7):
        say(trace_id=f"tr-{n}", thumbs="up")
    with django_assert_num_queries(3):  # user, count, rows
        client.get(PAGE)


def test_an_empty_page_says_that_all_is_well(client_of, dana):
    assert "All feedback is on its trace" in client_of(dana).get(PAGE).content.decode()


def test_looking_needs_its_token_and_post(client_of, mallory):
    assert client_of(mallory, enforce_csrf_checks=True).post(f"{PAGE}look/").status_code == 403
    assert client_of(mallory).get(f"{PAGE}look/").status_code == 405
    assert client_of(mallory).post(PAGE).status_code == 405


def test_developers_read_and_experts_have_no_such_page(client_of, dana, alice, client):
    assert client_of(dana).post(f"{PAGE}look/").status_code == 403
    assert client_of(alice).get(PAGE).status_code == 404
    assert client_of(alice).post(f"{PAGE}look/").status_code == 404
    assert client.get(PAGE).url.startswith("/accounts/sign-in/")


def test_hostile_words_are_only_words(say, client_of, dana):
    say(client_request_id="<img src=x>", comment="<script>alert(1)</script>", user_id="<b>")
    page = client_of(dana).get(PAGE).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page and "<img" not in page and "<b>" not in page


def test_deleting_the_trace_deletes_its_receipt_too(say, shop_trace):
    trace = shop_trace()
    say(trace_id=trace.pk, thumbs="up")
    Trace.objects.get(pk=trace.pk).delete()
    assert not EndUserFeedback.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_votes_of_one_person_at_a_time_leave_one_valid_and_a_resend_at_a_time_one_receipt(say, shop_trace):
    trace = shop_trace()

    def vote(n: int) -> int:
        try:
            return say(trace_id=trace.pk, thumbs="up" if n % 2 else "down", user_id="u", once=f"f-{n // 2}").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(vote, range(16)))

    assert set(statuses) == {200}
    assert EndUserFeedback.objects.count() == 8
    assert Assessment.objects.filter(valid=True).count() == 1
