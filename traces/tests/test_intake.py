"""POST /v1/traces"""

from __future__ import annotations

import base64
import gzip
import json
import zlib

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from accounts.models import ApiToken
from traces.models import Experiment, Span, Trace
from traces.tests.corpus_files import CORPUS, bodies, scenarios
from traces.tests.otlp_bodies import START, TRACE, a_span, attributes, json_body, protobuf_body

pytestmark = pytest.mark.django_db

ROOT, CHILD = "b7ad6b7169203331", "00f067aa0ba902b7"
PROTOBUF = "application/x-protobuf"


@pytest.fixture
def send(dana):
    """Return a function that posts a body with a developer's token."""
    secret = ApiToken.objects.issue(user=dana)
    client = Client(enforce_csrf_checks=True)

    def post(body: bytes, content_type: str = "application/json", **headers: str):
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        # The content type as a header too: the client leaves it out of requests without a body.
        named = {"Authorization": f"Bearer {secret}", "Content-Type": content_type, **named}
        return client.post("/v1/traces", body, content_type=content_type, headers=named)

    return post


@pytest.fixture
def send_without_token(settings):
    settings.INGEST_WITHOUT_TOKEN = True

    def post(body: bytes, **headers: str):
        return Client(enforce_csrf_checks=True).post(
            "/v1/traces", body, content_type="application/json", headers=headers
        )

    return post


# What is sent is there.


def test_a_span_in_json_is_stored(send):
    response = send(json_body(a_span(attributes=attributes(user__id="u-1"))))

    assert (response.status_code, response.json()) == (200, {})
    trace = Trace.objects.get()
    assert (trace.pk, trace.name, trace.state, trace.execution_duration_ms) == (f"tr-{TRACE}", "answer", "OK", 2000)
    assert (trace.experiment_id, trace.user_id) == (0, "u-1")
    assert trace.spans.get().attributes == {"user.id": "u-1"}


def test_a_span_in_protobuf_is_stored_and_answered_in_protobuf(send):
    response = send(protobuf_body(ROOT), PROTOBUF)

    assert (response.status_code, response["Content-Type"]) == (200, PROTOBUF)
    assert ExportTraceServiceResponse.FromString(response.content) == ExportTraceServiceResponse()
    assert Span.objects.get().span_id == ROOT


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_the_content_type_may_be_spelt_in_any_way(send, content_type):
    assert send(json_body(a_span()), content_type).status_code == 200


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),  # some send it without zlib's frame
        ("identity", bytes),
    ],
)
def test_a_packed_body_is_unpacked(send, encoding, pack):
    assert send(pack(json_body(a_span())), Content_Encoding=encoding).status_code == 200
    assert Trace.objects.count() == 1


@pytest.mark.parametrize("body", [b"{}", b'{"resourceSpans": []}'])
def test_an_empty_request_is_fine(send, body):
    assert send(body).status_code == 200
    assert send(b"", PROTOBUF).status_code == 200


def test_the_header_names_the_experiment(send):
    experiment = Experiment.objects.create(name="Claims")
    assert send(json_body(a_span()), x_mlflow_experiment_id=str(experiment.pk)).status_code == 200
    assert Trace.objects.get().experiment == experiment


@pytest.mark.parametrize("value", ["4711", "claims", "-1", "", "9" * 30, "²"])
def test_an_unknown_experiment_is_not_found(send, value):
    response = send(json_body(a_span()), x_mlflow_experiment_id=value)
    assert (response.status_code, response.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert not Trace.objects.exists()


@pytest.mark.parametrize("name", [name for name in scenarios() if name != "synthetic-invalid"])
def test_every_captured_request_is_taken(send, name):
    for path in bodies(name):
        response = send(path.read_bytes(), "application/json" if path.suffix == ".json" else PROTOBUF)
        assert response.status_code == 200
        assert response.content in {b"", b"{}"}, "nothing was refused"


def test_the_number_of_queries_does_not_grow_with_the_spans(send):
    send(b"{}")  # the token's first use is noted
    with CaptureQueriesContext(connection) as few:
        send(protobuf_body(ROOT), PROTOBUF)
    with CaptureQueriesContext(connection) as many:
        send(protobuf_body(*(f"{number:016x}" for number in range(1, 400)), trace_id="11" * 16), PROTOBUF)
    assert len(many) == len(few) <= 12


# Who may send.


def test_without_a_token_nothing_is_taken():
    response = Client().post("/v1/traces", json_body(a_span()), content_type="application/json")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert not Trace.objects.exists()


@pytest.mark.parametrize("value", ["Bearer ra_wrong", "Bearer", "Basic !!!", "Digest x", "Basic " + "é" * 3])
def test_a_wrong_token_is_refused_even_where_none_is_needed(send_without_token, value):
    assert send_without_token(json_body(a_span()), Authorization=value).status_code == 401


def test_a_token_may_be_a_basic_password(dana):
    secret = ApiToken.objects.issue(user=dana)
    basic = base64.b64encode(f"dana:{secret}".encode()).decode()
    response = Client().post(
        "/v1/traces", json_body(a_span()), content_type="application/json", headers={"Authorization": f"Basic {basic}"}
    )
    assert response.status_code == 200


def test_a_manager_may_send_and_an_expert_may_not(alice, mallory):
    for person, status in ((mallory, 200), (alice, 403)):
        secret = ApiToken.objects.issue(user=person)
        response = Client().post(
            "/v1/traces",
            json_body(a_span()),
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )
        assert response.status_code == status


def test_a_signed_in_browser_is_no_token(client_of, mallory):
    response = client_of(mallory).post("/v1/traces", json_body(a_span()), content_type="application/json")
    assert response.status_code == 401


def test_a_local_server_may_do_without_tokens(send_without_token):
    assert send_without_token(json_body(a_span())).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"), [("https://evil.example", 403), ("null", 403), ("http://testserver", 200)]
)
def test_pages_of_other_sites_may_not_send_to_a_local_server(send_without_token, origin, status):
    assert send_without_token(json_body(a_span()), Origin=origin).status_code == status


def test_other_methods_are_not_allowed(client):
    assert client.get("/v1/traces").status_code == 405


# What can't be taken: the answer says which, and nothing is half stored.


def test_good_spans_are_stored_and_bad_ones_counted(send):
    bad = a_span(spanId="xyz")
    response = send(json_body(a_span(), bad, a_span(traceId="0" * 32)))

    partial = response.json()["partialSuccess"]
    assert (response.status_code, partial["rejectedSpans"]) == (200, "2")
    assert "Span id 'xyz' is not 16 hex digits." in partial["errorMessage"]
    assert "Trace id is all zeros." in partial["errorMessage"]
    assert Span.objects.count() == 1


def test_refused_spans_are_counted_in_protobuf_too(send):
    body = protobuf_body(ROOT) + protobuf_body("00" * 8)  # two requests end to end are one
    partial = ExportTraceServiceResponse.FromString(send(body, PROTOBUF).content).partial_success
    assert (partial.rejected_spans, partial.error_message) == (1, "Span id is all zeros.")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"traceId": "abc"}, "Trace id 'abc' is not 32 hex digits."),
        ({"traceId": None}, "Trace id None is not 32 hex digits."),
        ({"traceId": 7}, "Trace id 7 is not 32 hex digits."),
        ({"traceId": "W47/95gDgQPSabYzgT/GDA=="}, "is not 32 hex digits."),
        ({"spanId": "0" * 16}, "Span id is all zeros."),
        ({"parentSpanId": "12"}, "Parent span id '12' is not 16 hex digits."),
        ({"startTimeUnixNano": None}, "Start of span b7ad6b7169203331: 0 is not between 1970 and 2262"),
        ({"startTimeUnixNano": "-5"}, "-5 is not between 1970 and 2262"),
        ({"startTimeUnixNano": str(60_000 * 365 * 86_400 * 10**9)}, "is not between 1970 and 2262"),
        ({"startTimeUnixNano": "soon"}, "startTimeUnixNano 'soon' is not a time in nanoseconds."),
        ({"startTimeUnixNano": 1e400}, "is not a time in nanoseconds."),
        ({"endTimeUnixNano": str(2**64)}, "End of span b7ad6b7169203331:"),
        ({"endTimeUnixNano": [1]}, "is not a time in nanoseconds."),
        ({"name": 5}, "name must be a string"),
        ({"name": {"a": 1}}, "name must be a string"),
        ({"status": "ok"}, "status must be an object"),
        ({"attributes": {"a": 1}}, "attributes must be a list of objects."),
        ({"attributes": [1]}, "attributes must be a list of objects."),
        ({"attributes": [{"key": "a", "value": "b"}]}, "An attribute's value must be an object"),
        ({"attributes": [{"key": "a", "value": {"intValue": "x"}}]}, "'x' is not an integer."),
        ({"attributes": [{"key": "a", "value": {"doubleValue": []}}]}, "[] is not a number."),
        ({"attributes": [{"key": "a", "value": {"bytesValue": "%"}}]}, "'%' is not base64."),
        ({"attributes": [{"key": "a", "value": {"arrayValue": [1]}}]}, "arrayValue must be an object"),
        ({"attributes": [{"key": "a", "value": {"kvlistValue": {"values": 3}}}]}, "values must be a list of objects."),
        ({"events": "none"}, "events must be a list of objects."),
    ],
)
def test_a_span_that_is_wrong_is_refused_with_the_reason(send, members, message):
    response = send(json_body(a_span(**members)))
    assert response.status_code == 400
    assert message in response.json()["message"]
    assert not Trace.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"\n\xff\xff\xff\xff\x0f not protobuf", PROTOBUF, "not an OTLP trace request in protobuf"),
        (b"{", "application/json", "The body is not JSON"),
        (b"", "application/json", "The body is not JSON"),
        (b"\xff\xfe\xfd", "application/json", "The body is not JSON"),
        (b"[1]", "application/json", "it is no JSON object"),
        (b'"text"', "application/json", "it is no JSON object"),
        (b'{"resourceSpans": 5}', "application/json", "resourceSpans must be a list of objects"),
        (b'{"resourceSpans": [{"scopeSpans": [7]}]}', "application/json", "scopeSpans must be a list of objects"),
        (b'{"resourceSpans": [{"resource": []}]}', "application/json", "resource must be an object"),
        (b"[" * 5000 + b"]" * 5000, "application/json", "nested more than"),
        (
            b'{"resourceSpans": ' + b'[{"a": ' * 5000 + b"1" + b"}]" * 5000 + b"}",
            "application/json",
            "nested more than",
        ),
        (b'{"resourceSpans": 1' + b"0" * 5000 + b"}", "application/json", "The body is not JSON"),
    ],
    ids=range(12),
)
def test_a_body_that_is_not_otlp_is_refused_with_the_reason(send, body, content_type, message):
    response = send(body, content_type)
    assert response.status_code == 400
    assert message in response.json()["message"]


@pytest.mark.parametrize("path", sorted(CORPUS.glob("synthetic-invalid/otlp-*")), ids=lambda path: path.name)
def test_the_invalid_bodies_of_the_corpus_do_no_harm(send, path):
    response = send(path.read_bytes(), "application/json" if path.suffix == ".json" else PROTOBUF)
    assert response.status_code == (200 if path.name == "otlp-004.pb" else 400)  # that one is merely empty
    assert not Trace.objects.exists()


def test_deep_values_are_refused_and_deep_enough_ones_kept(send):
    def nested(levels: int) -> list[dict]:
        value: dict = {"stringValue": "core"}
        for _ in range(levels):
            value = {"arrayValue": {"values": [value]}}
        return [{"key": "deep", "value": value}]

    assert send(json_body(a_span(attributes=nested(60)))).status_code == 200
    response = send(json_body(a_span(attributes=nested(200))))
    assert (response.status_code, response.json()["message"]) == (400, "A value is nested more than 64 levels deep.")


@pytest.mark.parametrize("content_type", ["text/plain", "application/grpc", "multipart/form-data; boundary=x", ""])
def test_another_content_type_is_refused(send, content_type):
    response = send(b"x", content_type)
    assert response.status_code == 415
    assert "is not application/x-protobuf or application/json" in response.json()["message"]


def test_another_encoding_is_refused(send):
    assert send(json_body(a_span()), Content_Encoding="zstd").status_code == 415


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate"])
def test_a_body_that_is_not_packed_as_it_says_is_refused(send, encoding):
    response = send(b"\xff\xff\xff\xff", Content_Encoding=encoding)
    assert response.status_code == 400
    assert f"The body is not {encoding}" in response.json()["message"]


@pytest.mark.parametrize("cut", [5, 12, -1])
def test_a_packed_body_that_breaks_off_is_refused(send, cut):
    response = send(gzip.compress(json_body(a_span()))[:cut], Content_Encoding="gzip")
    assert (response.status_code, response.json()["message"]) == (400, "The packed body breaks off before its end.")
    assert not Trace.objects.exists()


def test_a_body_of_very_many_members_is_refused(send):
    response = send(gzip.compress(b"") * 1_001 + gzip.compress(json_body(a_span())), Content_Encoding="gzip")
    assert response.status_code == 400
    assert "members" in response.json()["message"]


def test_a_bomb_is_found_before_it_goes_off(send, settings):
    settings.INGEST_MAX_BYTES = 1_000_000
    bomb = gzip.compress(bytes(200_000_000), compresslevel=1)
    response = send(bomb, Content_Encoding="gzip")
    assert (response.status_code, response.json()["error_code"]) == (413, "INVALID_PARAMETER_VALUE")
    assert "more than 1000000 bytes" in response.json()["message"]


def test_a_body_over_the_limit_is_refused(send, settings):
    settings.INGEST_MAX_BYTES = 300
    assert send(json_body(a_span(name="x" * 300))).status_code == 413
    assert send(json_body(a_span())[:10]).status_code == 400


def test_a_span_of_forty_megabytes_is_stored_whole(send):
    long = "0123456789" * 4_000_000
    assert send(json_body(a_span(attributes=attributes(output__value=long)))).status_code == 200
    assert Span.objects.get().attributes["output.value"] == long
    assert len(Trace.objects.get().response_preview) <= 1000


def test_a_busy_database_asks_to_send_it_again_and_keeps_nothing(send):
    def busy_for_spans(execute, sql, *rest):
        if 'INTO "traces_span"' in sql:
            raise OperationalError("database is locked")
        return execute(sql, *rest)

    with connection.execute_wrapper(busy_for_spans):
        response = send(json_body(a_span()))
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert not Trace.objects.exists()


# Odd values are kept as faithfully as JSON in both databases allows.


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"doubleValue": "NaN"}, "NaN"),
        ({"doubleValue": "-Infinity"}, "-Infinity"),
        ({"doubleValue": 1.5}, 1.5),
        ({"intValue": "42"}, 42),
        ({"intValue": 42}, 42),
        ({"intValue": str(2**70)}, str(2**70)),
        ({"intValue": -(2**63)}, -(2**63)),
        ({"boolValue": False}, False),
        ({"stringValue": "a\0b"}, "a␀b"),
        ({"stringValue": "half \ud83d pair"}, "half \ufffd pair"),
        ({"stringValue": "whole \ud83d\ude00"}, "whole 😀"),
        ({"bytesValue": "AP8="}, "AP8="),
        ({"arrayValue": {"values": [{"intValue": 1}, {}]}}, [1, None]),
        ({"kvlistValue": {"values": [{"key": "a\0", "value": {"stringValue": "b"}}]}}, {"a␀": "b"}),
        ({}, None),
        (None, None),
    ],
)
def test_odd_values_are_kept(send, sent, kept):
    assert send(json_body(a_span(attributes=[{"key": "odd", "value": sent}]))).status_code == 200
    assert Span.objects.get().attributes == {"odd": kept}


def test_odd_texts_outside_of_attributes_are_kept(send):
    odd = "a\0\ud800"
    spans = [a_span(name=odd, status={"code": 2, "message": odd}, events=[{"name": odd}])]
    assert send(json_body(*spans)).status_code == 200
    span = Span.objects.get()
    assert (span.name, span.status_message, span.events[0]["name"]) == ("a␀\ufffd",) * 3


def test_of_a_key_that_comes_twice_the_last_value_counts(send):
    twice = attributes(a="1") + attributes(a="2")
    send(json_body(a_span(attributes=twice)))
    assert Span.objects.get().attributes == {"a": "2"}
    body = json.dumps({"resourceSpans": []})[:-1] + ', "resourceSpans": []}'
    assert send(body.encode()).status_code == 200


def test_every_spelling_of_json_is_read(send):
    body = (CORPUS / "synthetic-json-spellings" / "otlp-001.json").read_bytes()
    assert send(body).status_code == 200
    first, second, third = Span.objects.order_by("span_id")
    assert (first.trace_id, first.span_id) == ("tr-5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")
    assert (second.parent_id, second.status, second.end_time_ns) == (first.span_id, "ERROR", START + 1)
    assert third.attributes["i"] == third.attributes["i2"] == 42
