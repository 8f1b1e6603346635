"""POST /v1/logs"""

from __future__ import annotations

import gzip
import json
import random

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from accounts.models import ApiToken
from traces.announcing import ARRIVAL_LISTENERS
from traces.ingest import joining
from traces.models import Experiment, Span, Trace
from traces.reading import conversation_of
from traces.tests.corpus_files import bodies, scenarios
from traces.tests.otlp_bodies import (
    SECOND,
    SPAN,
    START,
    TRACE,
    a_record,
    a_span,
    any_value,
    attributes,
    json_body,
    logs_body,
    logs_protobuf_body,
)

pytestmark = pytest.mark.django_db

PROTOBUF = "application/x-protobuf"
CALL = attributes(gen_ai__operation__name="chat", gen_ai__request__model="mock-large", session__id="s-1")
ASKED = a_record("gen_ai.user.message", {"content": "Is hail covered?"})
ANSWERED = a_record(
    "gen_ai.choice", {"message": {"content": "Yes, up to EUR 5,000."}}, timeUnixNano=str(START + 2 * SECOND)
)


@pytest.fixture
def send(dana):
    """Return a function that posts a body with a developer's token."""
    secret = ApiToken.objects.issue(user=dana)
    client = Client(enforce_csrf_checks=True)

    def post(body: bytes, content_type: str = "application/json", to: str = "/v1/logs", **headers: str):
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        named = {"Authorization": f"Bearer {secret}", "Content-Type": content_type, **named}
        return client.post(to, body, content_type=content_type, headers=named)

    return post


@pytest.fixture
def send_spans(send):
    return lambda *spans: send(json_body(*spans), to="/v1/traces")


def previews() -> tuple[str, str]:
    trace = Trace.objects.get()
    return trace.request_preview, trace.response_preview


def rows() -> list[dict]:
    spans = [{key: value for key, value in row.items() if key != "id"} for row in Span.objects.values()]
    traces = [{key: value for key, value in row.items() if not key.endswith("_at")} for row in Trace.objects.values()]
    return traces + sorted(spans, key=lambda row: row["span_id"])


# Records and their spans, in any order.


def test_records_tell_what_their_span_does_not(send, send_spans):
    send_spans(a_span(attributes=CALL))
    assert previews() == ("", "")
    response = send(logs_body(ASKED, ANSWERED))

    assert (response.status_code, response.json()) == (200, {})
    assert previews() == ("Is hail covered?", "Yes, up to EUR 5,000.")
    conversation = conversation_of(Trace.objects.get())
    assert (conversation.question, conversation.answer) == ("Is hail covered?", "Yes, up to EUR 5,000.")


def test_records_may_come_before_their_span(send, send_spans):
    send(logs_body(ASKED, ANSWERED))
    assert previews() == ("Is hail covered?", "Yes, up to EUR 5,000.")
    assert Trace.objects.get().state == "IN_PROGRESS"
    send_spans(a_span(attributes=CALL))

    trace = Trace.objects.get()
    assert (trace.state, trace.name, trace.session_id) == ("OK", "answer", "s-1")
    assert previews() == ("Is hail covered?", "Yes, up to EUR 5,000.")
    span = Span.objects.get()
    assert (span.name, [record["name"] for record in span.logs]) == ("answer", ["gen_ai.user.message", "gen_ai.choice"])
    assert "reviewapp.only_logged" not in span.attributes


def test_the_order_of_arrival_makes_no_difference(send, send_spans):
    root = a_span(spanId="1" * 16, name="turn")
    parts = [
        lambda: send_spans(root),
        lambda: send_spans(a_span(attributes=CALL, parentSpanId="1" * 16)),
        lambda: send(logs_body(ASKED)),
        lambda: send(logs_body(ANSWERED)),
    ]
    outcomes = []
    for seed in range(8):
        order = random.Random(seed).sample(parts, len(parts))
        for part in order:
            part()
        outcomes.append(rows())
        Trace.objects.all().delete()

    assert all(outcome == outcomes[0] for outcome in outcomes)


def test_records_of_one_span_may_come_apart_and_out_of_order(send, send_spans):
    send(logs_body(ANSWERED))
    send_spans(a_span(attributes=CALL))
    send(logs_body(ASKED))

    assert [record["name"] for record in Span.objects.get().logs] == ["gen_ai.user.message", "gen_ai.choice"]
    assert previews() == ("Is hail covered?", "Yes, up to EUR 5,000.")


def test_what_records_tell_of_a_span_that_has_not_come_adds_up(send):
    send(logs_body(a_record("acme.decided", {"why": "gold"}, attributes=[])))
    send(logs_body({**ASKED, "timeUnixNano": str(START)}))
    send(logs_body(ANSWERED))

    span = Span.objects.get()
    assert (span.start_time_ns, len(span.logs)) == (START, 3)
    assert previews() == ("Is hail covered?", "Yes, up to EUR 5,000.")


def test_the_same_record_twice_is_one(send, send_spans):
    send_spans(a_span(attributes=CALL))
    send(logs_body(ASKED, ASKED))
    send(logs_body(ASKED))
    send(logs_protobuf_body(attributes=[]), PROTOBUF)  # other attributes: another record

    assert len(Span.objects.get().logs) == 2


def test_a_span_that_comes_again_keeps_its_records(send, send_spans):
    send_spans(a_span(attributes=CALL))
    send(logs_body(ASKED))
    send_spans(a_span(attributes=CALL, name="again"))

    span = Span.objects.get()
    assert (span.name, len(span.logs)) == ("again", 1)


def test_a_record_changes_nothing_of_its_span(send, send_spans):
    event = {"name": "cache", "attributes": attributes(hit="no")}
    link = {"traceId": "2" * 32, "spanId": "3" * 16}
    send_spans(a_span(attributes=CALL, events=[event], links=[link]))
    (before,) = Span.objects.values()
    send(logs_body(ASKED))

    (after,) = Span.objects.values()
    assert {**after, "logs": None} == before


def test_a_record_whose_span_never_comes_is_shown_all_the_same(send, send_spans):
    send_spans(a_span(spanId="1" * 16, name="turn"))
    send(logs_body(ASKED, ANSWERED))

    trace = Trace.objects.get()
    assert (trace.name, trace.state) == ("turn", "OK")
    conversation = conversation_of(trace)
    assert (conversation.question, conversation.answer) == ("Is hail covered?", "Yes, up to EUR 5,000.")


def test_a_conversation_that_was_read_is_read_anew(send, send_spans):
    send_spans(a_span(attributes=CALL))
    assert conversation_of(Trace.objects.get()).words_missing
    send(logs_body(ASKED, ANSWERED))

    assert conversation_of(Trace.objects.get()).answer == "Yes, up to EUR 5,000."


def test_records_cost_a_read_conversation_no_query(send, send_spans):
    send_spans(a_span(attributes=CALL))
    send(logs_body(ASKED, ANSWERED))
    trace = Trace.objects.get()
    with CaptureQueriesContext(connection) as unread:
        conversation_of(trace)
    with CaptureQueriesContext(connection) as read:
        conversation_of(trace)
    assert (len(unread), len(read)) == (1, 0)


def test_whoever_waits_for_traces_hears_of_records(send, send_spans, django_capture_on_commit_callbacks):
    heard = []
    ARRIVAL_LISTENERS.append(heard.extend)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            send(logs_body(ASKED))
    finally:
        ARRIVAL_LISTENERS.remove(heard.extend)
    assert [arrival.trace_id for arrival in heard] == [f"tr-{TRACE}"]


def test_a_trace_that_is_known_stays_in_its_experiment(send, send_spans):
    send_spans(a_span(attributes=CALL))
    other = Experiment.objects.create(name="Claims")
    send(logs_body(ASKED), x_mlflow_experiment_id=str(other.pk))
    assert Trace.objects.get().experiment_id == 0


@pytest.mark.parametrize("name", [name for name in scenarios() if bodies(name, "logs")])
@pytest.mark.parametrize("form", [".pb", ".json"])
@pytest.mark.parametrize("first", ["traces", "logs"])
def test_every_captured_request_is_taken_in_both_orders(send, name, form, first):
    content_type = PROTOBUF if form == ".pb" else "application/json"
    for signal in (first, "logs" if first == "traces" else "traces"):
        for path in bodies(name, signal):
            path = path if signal == "traces" else path.with_suffix(form)
            sent_as = PROTOBUF if path.suffix == ".pb" else content_type
            response = send(path.read_bytes(), sent_as, to=f"/v1/{signal}")
            assert (response.status_code, response.content) in {(200, b""), (200, b"{}")}, "nothing was refused"
    assert not Span.objects.filter(attributes__has_key="reviewapp.only_logged").exists()
    assert all(trace.request_preview for trace in Trace.objects.all() if trace.spans.exclude(logs=None).exists())


def test_the_number_of_queries_does_not_grow_with_the_records(send):
    send(b"{}")  # the token's first use is noted
    with CaptureQueriesContext(connection) as few:
        send(logs_body(ASKED))
    records = [a_record(spanId=f"{number:016x}", traceId="1" * 32) for number in range(1, 300)]
    with CaptureQueriesContext(connection) as many:
        send(logs_body(*records))
    assert len(many) == len(few) <= 12


# Spellings.


def test_older_sdks_name_the_event_in_an_attribute(send):
    named = attributes(event__name="gen_ai.user.message", gen_ai__system="openai")
    send(logs_body({**ASKED, "eventName": None, "attributes": named}))
    assert Span.objects.get().logs[0]["name"] == "gen_ai.user.message"


def test_the_time_of_observation_stands_in_for_the_time(send):
    send(logs_body({**ASKED, "timeUnixNano": None, "observedTimeUnixNano": str(START)}))
    assert Span.objects.get().logs[0]["time_unix_nano"] == START


def test_a_packed_body_is_unpacked_and_protobuf_answered_in_protobuf(send):
    response = send(gzip.compress(logs_protobuf_body()), PROTOBUF, Content_Encoding="gzip")
    assert (response.status_code, response["Content-Type"]) == (200, PROTOBUF)
    assert ExportLogsServiceResponse.FromString(response.content) == ExportLogsServiceResponse()
    assert previews()[0] == "Is hail covered?"
    assert Span.objects.get().logs[0]["body"] == {"content": "Is hail covered?"}


@pytest.mark.parametrize("body", [b"{}", b'{"resourceLogs": []}'])
def test_an_empty_request_is_fine(send, body):
    assert send(body).status_code == 200
    assert send(b"", PROTOBUF).status_code == 200


# What is not kept: the answer says so.


def test_ordinary_log_lines_are_passed_over_with_a_warning(send):
    line = a_record("", "request served", attributes=[])
    response = send(logs_body(line, ASKED, {**line, "traceId": None}))

    partial = response.json()["partialSuccess"]
    assert (response.status_code, partial["rejectedLogRecords"]) == (200, "0")
    assert "2 log records are no events of a span" in partial["errorMessage"]
    assert len(Span.objects.get().logs) == 1


def test_good_records_are_stored_and_bad_ones_counted(send):
    response = send(logs_body(ASKED, {**ASKED, "spanId": "xyz"}, {**ASKED, "traceId": "0" * 32}))

    partial = response.json()["partialSuccess"]
    assert (response.status_code, partial["rejectedLogRecords"]) == (200, "2")
    assert "Span id of a log record 'xyz' is not 16 hex digits." in partial["errorMessage"]
    assert Span.objects.count() == 1


def test_refused_records_are_counted_in_protobuf_too(send):
    response = send(logs_protobuf_body() + logs_protobuf_body(span_id="00" * 8), PROTOBUF)
    partial = ExportLogsServiceResponse.FromString(response.content).partial_success
    assert (partial.rejected_log_records, partial.error_message) == (1, "Span id of a log record is all zeros.")


def test_a_span_has_no_more_records_than_can_be_read(send, monkeypatch):
    monkeypatch.setattr(joining, "MOST_RECORDS", 3)
    send(logs_body(*[{**ASKED, "timeUnixNano": str(START + number)} for number in range(3)]))
    response = send(logs_body({**ASKED, "timeUnixNano": str(START + 9)}))

    assert response.json()["partialSuccess"]["rejectedLogRecords"] == "1"
    assert len(Span.objects.get().logs) == 3


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"traceId": None}, "Trace id of a log record None is not 32 hex digits."),
        ({"traceId": 7}, "Trace id of a log record 7 is not 32 hex digits."),
        ({"spanId": ""}, "Span id of a log record '' is not 16 hex digits."),
        ({"timeUnixNano": None}, "Time of a log record: 0 is not between 1970 and 2262"),
        ({"timeUnixNano": "-5"}, "-5 is not between 1970 and 2262"),
        ({"timeUnixNano": 1e400}, "is not a time in nanoseconds."),
        ({"eventName": 5}, "eventName must be a string"),
        ({"attributes": {"a": 1}}, "attributes must be a list of objects."),
        ({"attributes": [{"key": "a", "value": "b"}]}, "An attribute's value must be an object"),
        ({"body": "text"}, "An attribute's value must be an object"),
        ({"body": {"kvlistValue": {"values": 3}}}, "values must be a list of objects."),
    ],
)
def test_a_record_that_is_wrong_is_refused_with_the_reason(send, members, message):
    response = send(logs_body({**ASKED, **members}))
    assert response.status_code == 400
    assert message in response.json()["message"]
    assert not Trace.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"\n\xff\xff\xff\xff\x0f not protobuf", PROTOBUF, "not an OTLP logs request in protobuf"),
        (b"{", "application/json", "The body is not JSON"),
        (b"\xff\xfe\xfd", "application/json", "The body is not JSON"),
        (b"[1]", "application/json", "it is no JSON object"),
        (b'{"resourceLogs": 5}', "application/json", "resourceLogs must be a list of objects"),
        (b'{"resourceLogs": [{"scopeLogs": [7]}]}', "application/json", "scopeLogs must be a list of objects"),
        (b"[" * 5000 + b"]" * 5000, "application/json", "nested more than"),
    ],
    ids=range(7),
)
def test_a_body_that_is_not_otlp_is_refused_with_the_reason(send, body, content_type, message):
    response = send(body, content_type)
    assert response.status_code == 400
    assert message in response.json()["message"]


def test_deep_values_are_refused(send):
    value: dict = {"stringValue": "core"}
    for _ in range(200):
        value = {"arrayValue": {"values": [value]}}
    response = send(logs_body({**ASKED, "body": value}))
    assert (response.status_code, response.json()["message"]) == (400, "A value is nested more than 64 levels deep.")


@pytest.mark.parametrize("body", ["text", "", {"message": "text"}, {"message": {}}, {"content": {"a": "b"}}])
@pytest.mark.parametrize("name", ["gen_ai.user.message", "gen_ai.choice", "gen_ai.tool.message", "acme.decided"])
def test_a_record_of_an_odd_shape_can_be_read(send, name, body):
    assert send(logs_body(a_record(name, body))).status_code == 200
    conversation_of(Trace.objects.get())


def test_hostile_texts_are_kept_as_every_database_can(send):
    odd = "a\0\ud800<script>"
    send(logs_body(a_record("gen_ai.user.message", {"content": odd})))
    assert Span.objects.get().logs[0]["body"] == {"content": "a␀\ufffd<script>"}
    assert previews()[0] == "a␀\ufffd<script>"


def test_nobody_marks_a_span_as_a_stand_in_from_outside(send, send_spans):
    """A span that says of itself that only log records came of it is stored as any other."""
    mark = [{"key": "reviewapp.only_logged", "value": {"boolValue": True}}]
    send_spans(a_span(attributes=CALL, name="first"))
    send_spans(a_span(attributes=CALL + mark, name="second"))
    assert Span.objects.get().name == "second"


# Who may send, and how much: as for spans.


def test_without_a_token_nothing_is_taken():
    response = Client().post("/v1/logs", logs_body(ASKED), content_type="application/json")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert not Trace.objects.exists()


def test_an_expert_may_not_send(alice):
    secret = ApiToken.objects.issue(user=alice)
    response = Client().post(
        "/v1/logs", logs_body(ASKED), content_type="application/json", headers={"Authorization": f"Bearer {secret}"}
    )
    assert response.status_code == 403


def test_a_signed_in_browser_is_no_token(client_of, mallory):
    assert client_of(mallory).post("/v1/logs", logs_body(ASKED), content_type="application/json").status_code == 401


def test_pages_of_other_sites_may_not_send_to_a_local_server(settings):
    settings.INGEST_WITHOUT_TOKEN = True
    for origin, status in (("https://evil.example", 403), ("http://testserver", 200)):
        response = Client().post(
            "/v1/logs", logs_body(ASKED), content_type="application/json", headers={"Origin": origin}
        )
        assert response.status_code == status


def test_other_methods_are_not_allowed(client):
    assert client.get("/v1/logs").status_code == 405


def test_an_unknown_experiment_is_not_found(send):
    assert send(logs_body(ASKED), x_mlflow_experiment_id="4711").status_code == 404


def test_another_content_type_or_encoding_is_refused(send):
    assert send(b"x", "text/plain").status_code == 415
    assert send(logs_body(ASKED), Content_Encoding="zstd").status_code == 415


def test_a_bomb_is_found_before_it_goes_off(send, settings):
    settings.INGEST_MAX_BYTES = 1_000_000
    response = send(gzip.compress(bytes(200_000_000), compresslevel=1), Content_Encoding="gzip")
    assert response.status_code == 413


def test_a_busy_database_asks_to_send_it_again_and_keeps_nothing(send, send_spans):
    send_spans(a_span(attributes=CALL))

    def busy_for_records(execute, sql, *rest):
        if sql.startswith('UPDATE "traces_span" SET logs'):
            raise OperationalError("database is locked")
        return execute(sql, *rest)

    with connection.execute_wrapper(busy_for_records):
        response = send(logs_body(ASKED))
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert (Span.objects.get().logs, previews()[0]) == (None, "")


def test_structured_attributes_hold_a_whole_conversation(send, send_spans):
    message = {"role": "user", "parts": [{"type": "text", "content": "Is hail covered?"}]}
    told = [{"key": "gen_ai.input.messages", "value": any_value([message])}]
    send_spans(a_span(attributes=CALL))
    send(logs_body(a_record("gen_ai.client.inference.operation.details", attributes=told)))
    assert previews()[0] == "Is hail covered?"
    assert json.dumps(Span.objects.get().logs).count("Is hail covered?") == 1


def test_the_span_of_the_records_is_the_one_they_name(send, send_spans):
    other = "2" * 16
    send_spans(a_span(attributes=CALL), a_span(attributes=CALL, spanId=other))
    send(logs_body(ASKED))
    by_id = dict(Span.objects.values_list("span_id", "logs"))
    assert (len(by_id[SPAN]), by_id[other]) == (1, None)
