"""POST /api/feedback: what an application's users say, by a publishable key."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken
from traces.announcing import ASSESSED_LISTENERS, on_assessed
from traces.feedback import receiving
from traces.feedback.models import EndUserFeedback, PublishableKey
from traces.models import Assessment, Experiment, Trace
from traces.tests.conftest import APP

JSON = "application/json"


def said_about(trace: Trace) -> list[tuple]:
    valid = Assessment.objects.filter(trace=trace, valid=True)
    return [(each.name, each.value, each.rationale, each.source_id) for each in valid]


def test_a_thumb_with_a_comment_is_an_assessment_of_a_person_on_the_trace(say, shop_trace, pk):
    trace = shop_trace()

    answer = say(
        trace_id=trace.pk, thumbs="down", comment="  Out of date. ", user_id="user-17", page=f"{APP}/help", once="f-1"
    )

    assert (answer.status_code, answer.json()) == (200, {"feedback_id": "f-1", "state": "accepted"})
    said = Assessment.objects.get()
    assert (said.kind, said.name, said.value, said.rationale) == ("feedback", "user_feedback", False, "Out of date.")
    assert (said.source_type, said.source_id, said.trace) == ("HUMAN", "user-17", trace)
    assert said.metadata == {
        "reviewApp.publishableKey": "Shop", "reviewApp.feedbackId": "f-1", "reviewApp.page": f"{APP}/help",
    }  # fmt: skip
    pk.refresh_from_db()
    assert pk.n_taken == 1 and pk.last_used_at is not None


def test_all_that_can_be_said_at_once(say, shop_trace):
    trace = shop_trace()
    say(
        trace_id=trace.pk, thumbs="up", score=4.5, categories=["Kind", "Kind", "Short"], comment="Thanks",
        correction="The answer is 42.", anonymous_id="anonymous-1",
    )  # fmt: skip
    assert sorted(said_about(trace)) == [
        ("expected_response", "The answer is 42.", "", "anonymous-1"),
        ("user_categories", ["Kind", "Short"], "", "anonymous-1"),
        ("user_feedback", True, "Thanks", "anonymous-1"),
        ("user_score", 4.5, "", "anonymous-1"),
    ]
    assert Assessment.objects.get(name="expected_response").kind == "expectation"


def test_a_comment_alone_is_feedback_of_its_own(say, shop_trace):
    trace = shop_trace()
    say(trace_id=trace.pk, comment="Hm.")
    assert said_about(trace) == [("user_comment", "Hm.", "", "anonymous")]


@pytest.mark.parametrize(
    "named",
    [
        {"trace_id": f"tr-{1:032x}"},
        {"trace_id": f"{1:032x}"},
        {"client_request_id": "req-1"},
        {"traceparent": f"00-{1:032x}-00f067aa0ba902b7-01"},
    ],
    ids=lambda named: next(iter(named)),
)
def test_the_trace_is_named_in_three_ways(say, shop_trace, named):
    trace = shop_trace(client_request_id="req-1")
    assert say(**named, thumbs="up").status_code == 200
    assert said_about(trace) == [("user_feedback", True, "", "anonymous")]


def test_a_resend_changes_nothing(say, shop_trace):
    trace = shop_trace()
    first = say(trace_id=trace.pk, thumbs="down", user_id="u", once="f-1")
    again = say(trace_id=trace.pk, thumbs="up", user_id="u", once="f-1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert said_about(trace) == [("user_feedback", False, "", "u")]
    assert Assessment.objects.count() == 1


def test_a_changed_vote_overrides_and_the_old_one_stays_in_history(say, shop_trace):
    trace = shop_trace()
    say(trace_id=trace.pk, thumbs="down", user_id="u")
    say(trace_id=trace.pk, thumbs="up", user_id="u")
    say(trace_id=trace.pk, thumbs="up", user_id="u")  # says the same: nothing new
    say(trace_id=trace.pk, thumbs="down", user_id="somebody else")

    old, new, other = Assessment.objects.order_by("created_at")
    assert (old.value, old.valid) == (False, False)
    assert (new.value, new.valid, new.overrides) == (True, True, old)
    assert (other.value, other.valid, other.overrides) == (False, True, None)


def test_who_names_nobody_replaces_nobody(say, shop_trace):
    trace = shop_trace()
    say(trace_id=trace.pk, thumbs="down")
    say(trace_id=trace.pk, thumbs="up")
    assert Assessment.objects.filter(valid=True).count() == 2


def test_nobody_speaks_as_a_person_of_this_place_or_replaces_what_one_said(say, shop_trace, alice):
    trace = shop_trace()
    experts = Assessment.objects.create(
        trace=trace, kind="feedback", name="user_feedback", value=True, source_type="HUMAN", source_id=alice.email
    )
    say(trace_id=trace.pk, thumbs="down", user_id="Alice@example.org")
    experts.refresh_from_db()
    assert experts.valid
    assert ("user_feedback", False, "", "end-user:Alice@example.org") in said_about(trace)


def test_other_rooms_are_told(say, shop_trace):
    trace, heard = shop_trace(), []
    listener = on_assessed(heard.extend)
    try:
        say(trace_id=trace.pk, thumbs="down", user_id="u")
        say(trace_id=trace.pk, thumbs="up", user_id="u")
    finally:
        ASSESSED_LISTENERS.remove(listener)
    old, new = Assessment.objects.order_by("created_at")
    assert heard == [old.pk, old.pk, new.pk]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ("[" * 60_000, "not JSON"),
        ('{"thumbs": "up"}', "exactly one of trace_id"),
        ('{"trace_id": "tr-1", "client_request_id": "1", "thumbs": "up"}', "exactly one of trace_id"),
        ('{"trace_id": "tr-1"}', "Nothing is said"),
        ('{"trace_id": "tr-1", "user_id": "u"}', "Nothing is said"),
        ('{"trace_id": "tr 1", "thumbs": "up"}', "not a trace's id"),
        ('{"trace_id": 7, "thumbs": "up"}', "trace_id is not a text"),
        ('{"traceparent": "00-1-2-3", "thumbs": "up"}', "traceparent is not"),
        ('{"trace_id": "tr-1", "thumbs": "sideways"}', "neither “up” nor “down”"),
        ('{"trace_id": "tr-1", "thumbs": ["up"]}', "neither “up” nor “down”"),
        ('{"trace_id": "tr-1", "score": "4"}', "score is not a number"),
        ('{"trace_id": "tr-1", "score": true}', "score is not a number"),
        ('{"trace_id": "tr-1", "score": NaN}', "score is not a number"),
        ('{"trace_id": "tr-1", "score": 1e999}', "score is not a number"),
        ('{"trace_id": "tr-1", "score": 1' + "0" * 400 + "}", "score is not a number"),
        ('{"trace_id": "tr-1", "categories": "a"}', "categories is not a list"),
        ('{"trace_id": "tr-1", "categories": [1]}', "categories is not a text"),
        (json.dumps({"trace_id": "tr-1", "categories": ["a"] * 21}), "categories is not a list"),
        (json.dumps({"trace_id": "tr-1", "comment": "x" * 10_001}), "more than 10000 characters"),
        ('{"trace_id": "tr-1", "comment": "\\ud800"}', "not valid Unicode"),
        ('{"trace_id": "tr-1", "thumbs": "up", "thumb": "down"}', "Unknown field 'thumb'"),
        (json.dumps({"trace_id": "tr-1", "thumbs": "up", "idempotency_key": "k" * 101}), "more than 100 characters"),
    ],
)
def test_a_bad_body_is_refused_in_words(pk, body, words):
    answer = Client().post(
        "/api/feedback", body, content_type=JSON, headers={"Authorization": f"Bearer {pk.key}", "Origin": APP}
    )
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert words in answer.json()["message"]
    assert answer["Access-Control-Allow-Origin"] == APP  # so that the page's console can say it
    assert not EndUserFeedback.objects.exists()


def test_characters_that_no_database_holds_are_left_out(say, shop_trace):
    trace = shop_trace()
    assert say(trace_id=trace.pk, comment="a\x00b\x1bc\nd").status_code == 200
    assert Assessment.objects.get().value == "abc\nd"


def test_a_large_body_is_refused(pk):
    body = json.dumps({"trace_id": "tr-1", "comment": "x" * 70_000})
    answer = Client().post("/api/feedback", body, content_type=JSON, headers={"Authorization": f"Bearer {pk.key}"})
    assert (answer.status_code, answer.json()["error_code"]) == (413, "INVALID_PARAMETER_VALUE")


# The key.


def test_the_key_may_be_in_the_body_as_a_beacon_has_no_headers(pk, shop_trace):
    body = json.dumps({"key": pk.key, "trace_id": shop_trace().pk, "thumbs": "up"})
    answer = Client().post("/api/feedback", body, content_type="text/plain", headers={"Origin": APP})
    assert answer.status_code == 200


@pytest.mark.parametrize("key", ["pk_wrong", "ra_token"])
def test_an_unknown_key_is_refused(say, shop_trace, key):
    answer = say(trace_id=shop_trace().pk, thumbs="up", key=key)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")
    assert "Access-Control-Allow-Origin" not in answer


def test_no_key_is_refused_and_an_api_token_is_none(shop_trace, dana):
    token = ApiToken.objects.issue(user=dana)
    body = json.dumps({"trace_id": shop_trace().pk, "thumbs": "up"})
    for headers in ({}, {"Authorization": f"Bearer {token}"}):
        assert Client().post("/api/feedback", body, content_type=JSON, headers=headers).status_code == 401


def test_a_revoked_key_adds_nothing_and_a_replaced_one_goes_on_for_a_while(say, pk, shop_trace, mallory):
    trace = shop_trace()
    new = pk.rotate(by=mallory)
    assert say(trace_id=trace.pk, thumbs="up").status_code == 200
    assert say(trace_id=trace.pk, thumbs="up", key=new.key).status_code == 200
    PublishableKey.objects.filter(pk=pk.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    new.revoke()
    assert say(trace_id=trace.pk, thumbs="up").status_code == 401
    assert say(trace_id=trace.pk, thumbs="up", key=new.key).status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "basic"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/feedback"), ("head", "/api/feedback"), ("put", "/api/feedback"), ("get", "/traces/"),
        ("get", "/"), ("post", "/v1/traces"), ("get", "/api/3.0/mlflow/traces/tr-1"), ("get", "/nowhere"),
        ("post", "/api/2.0/mlflow/experiments/search"),
    ],
)  # fmt: skip
def test_a_public_key_used_for_anything_else_gets_403(pk, client_of, dana, method, path, scheme):
    basic = base64.b64encode(f"user:{pk.key}".encode()).decode()
    header = f"Bearer {pk.key}" if scheme == "bearer" else f"Basic {basic}"
    for client in (Client(), client_of(dana)):
        answer = getattr(client, method)(path, headers={"Authorization": header})
        assert answer.status_code == 403
        assert method == "head" or answer.json()["error_code"] == "PERMISSION_DENIED"


def test_reading_without_a_key_is_403_too(client, db):
    assert client.get("/api/feedback").status_code == 403
    assert client.delete("/api/feedback").status_code == 405


def test_a_key_adds_to_its_experiment_only_and_learns_nothing_of_others(say, shop_trace):
    elsewhere = shop_trace(2, experiment=Experiment.objects.create(name="clinic"), client_request_id="r")
    for named in ({"trace_id": elsewhere.pk}, {"client_request_id": "r"}):
        answer = say(**named, thumbs="up")
        assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert said_about(elsewhere) == []


# Origins.


def test_pages_of_other_origins_are_refused_and_the_key_says_who(say, shop_trace, pk):
    for origin in ("https://evil.example", "null", "http://app.example.org", f"{APP}:8443", f"{APP}.evil.example"):
        answer = say(trace_id="tr-1", thumbs="up", origin=origin)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")
        assert "Access-Control-Allow-Origin" not in answer
    pk.refresh_from_db()
    assert "evil.example" in pk.last_refusal
    assert not Assessment.objects.exists()


def test_the_applications_server_sends_no_origin(say, shop_trace):
    answer = say(trace_id=shop_trace().pk, thumbs="up", origin=None)
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer


def test_the_answer_is_for_the_page_that_asked_without_credentials(say, shop_trace):
    answer = say(trace_id=shop_trace().pk, thumbs="up")
    assert answer["Access-Control-Allow-Origin"] == APP
    assert "Access-Control-Allow-Credentials" not in answer
    assert "Origin" in answer["Vary"]
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


def test_a_preflight_says_exactly_what_may_be_sent(client, pk):
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    answer = client.options("/api/feedback", headers={"Origin": APP, **ask})
    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Origin"] == APP
    assert answer["Access-Control-Allow-Methods"] == "POST"
    assert answer["Access-Control-Allow-Headers"] == "authorization, content-type, idempotency-key"
    assert answer["Access-Control-Max-Age"] == "7200"
    assert "Origin" in answer["Vary"]
    assert not answer.cookies


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_a_preflight_of_another_origin_is_refused(client, pk, origin):
    answer = client.options("/api/feedback", headers={"Origin": origin} if origin else {})
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer


def test_a_preflight_forgets_revoked_keys(client, pk):
    pk.revoke()
    assert client.options("/api/feedback", headers={"Origin": APP}).status_code == 403


# Limits.


def test_one_address_may_send_only_so_often_and_others_go_on(say, shop_trace, pk):
    trace = shop_trace()
    PublishableKey.objects.filter(pk=pk.pk).update(per_address_minute=2)
    statuses = [say(trace_id=trace.pk, thumbs="up").status_code for _ in range(6)]
    assert 429 in statuses[2:]  # a minute may end in between, once
    refused = say(trace_id=trace.pk, thumbs="up")
    while refused.status_code != 429:
        refused = say(trace_id=trace.pk, thumbs="up")
    assert refused.json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"
    assert 0 < int(refused["Retry-After"]) <= 60
    assert refused["Access-Control-Allow-Origin"] == APP
    assert say(trace_id=trace.pk, thumbs="up", address="203.0.113.10").status_code == 200


def test_an_ipv6_household_is_one_address_and_a_key_has_a_limit_of_its_own(say, shop_trace, pk):
    trace = shop_trace()
    PublishableKey.objects.filter(pk=pk.pk).update(per_address_minute=2)
    home = [say(trace_id=trace.pk, thumbs="up", address=f"2001:db8::{n}").status_code for n in range(1, 8)]
    assert 429 in home
    PublishableKey.objects.filter(pk=pk.pk).update(per_address_minute=100, per_minute=2)
    everybody = [say(trace_id=trace.pk, thumbs="up", address=f"198.51.100.{n}").status_code for n in range(1, 8)]
    assert 429 in everybody


def test_a_flood_of_feedback_without_traces_is_stopped(say, monkeypatch):
    monkeypatch.setattr(receiving, "MOST_WAITING", 2)
    statuses = [say(trace_id=f"tr-{n}", thumbs="up").status_code for n in range(3)]
    assert statuses == [202, 202, 503]
    assert EndUserFeedback.objects.count() == 2


def test_what_they_write_is_masked_by_the_experiments_rules_but_not_who_they_are(say, shop_trace, pk):
    pk.experiment.redaction = [{"kind": "email"}, {"kind": "regex", "name": "order", "pattern": "O-[0-9]+"}]
    pk.experiment.save()
    trace, mail = shop_trace(), "anna@example.org"

    say(
        trace_id=trace.pk, thumbs="down", comment=f"Write to {mail}", correction="It was O-17",
        categories=[mail, "Old"], user_id=mail, page=f"{APP}/help?mail={mail}",
    )  # fmt: skip
    say(client_request_id="not here yet", comment=f"I am {mail}")

    assert sorted(said_about(trace)) == [
        ("expected_response", "It was [order]", "", mail),
        ("user_categories", ["[e-mail]", "Old"], "", mail),
        ("user_feedback", False, "Write to [e-mail]", mail),
    ]
    assert mail not in Assessment.objects.first().metadata["reviewApp.page"]
    assert EndUserFeedback.objects.get(state="waiting").content["comment"] == "I am [e-mail]"
