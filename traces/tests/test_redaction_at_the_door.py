"""What is masked before anything is stored: in spans, log records and whole traces."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from traces import counting
from traces.ingest.incoming import IncomingRecord, IncomingSpan
from traces.ingest.mlflow_json import read_trace
from traces.ingest.storing import store_records, store_spans
from traces.ingest.whole_traces import store_trace
from traces.models import DailyCount, Experiment, Span, Trace, TraceText

pytestmark = pytest.mark.django_db

TRACE, ROOT, CHILD = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7"
MAIL, CARD = "anna@example.org", "4111 1111 1111 1111"
EVERYTHING = [{"kind": kind} for kind in ("email", "phone", "card", "iban")]


@pytest.fixture
def claims(db) -> Experiment:
    return Experiment.objects.create(name="claims", redaction=EVERYTHING)


def a_span(span_id: str = ROOT, **more) -> IncomingSpan:
    values = {"name": "answer", "start_time_ns": 1764115200000000000, "end_time_ns": 1764115201000000000}
    return IncomingSpan(TRACE, span_id, **(values | more))


def everything_stored() -> str:
    spans = [repr(vars(span)) for span in Span.objects.all()]
    texts = TraceText.objects.values_list("words", flat=True)
    return " ".join([*spans, *texts, *(repr(vars(trace)) for trace in Trace.objects.all())])


def test_every_text_of_a_span_is_masked(claims):
    store_spans(
        claims,
        [
            a_span(
                name=f"mail {MAIL}",
                status="ERROR",
                status_message=f"unknown: {MAIL}",
                scope=f"lib {MAIL}",
                attributes={
                    "openinference.span.kind": "LLM",
                    "input.value": f"I am {MAIL}",
                    "output.value": json.dumps({"card": CARD, "to": [MAIL]}),
                    "nested": {MAIL: [CARD, {"deep": MAIL}]},
                    "user.id": MAIL,
                    "llm.token_count.prompt": 4111111111111111,
                    "mlflow.traceTag.who": MAIL,
                },
                events=[{"name": MAIL, "time_unix_nano": 1764115200000000000, "attributes": {"x": MAIL}}],
                links=[{"trace_id": TRACE, "span_id": CHILD, "attributes": {"x": MAIL}}],
                resource={"owner": MAIL},
            )
        ],
    )

    stored = everything_stored()
    assert MAIL not in stored
    assert CARD not in stored
    span, trace = Span.objects.get(), Trace.objects.get()
    assert (span.trace_id, span.span_id, span.start_time_ns) == (f"tr-{TRACE}", ROOT, 1764115200000000000)
    assert span.events[0]["time_unix_nano"] == 1764115200000000000
    assert span.links[0]["span_id"] == CHILD
    assert span.attributes["llm.token_count.prompt"] == 4111111111111111
    assert json.loads(span.attributes["output.value"]) == {"card": "[card]", "to": ["[e-mail]"]}
    assert (trace.request_preview, trace.user_id, trace.tags["who"]) == ("I am [e-mail]", "[e-mail]", "[e-mail]")
    assert trace.masked == {"e-mail": 13, "card": 2}


def test_a_span_sent_twice_is_counted_once_on_its_trace(claims):
    for _ in range(2):
        store_spans(claims, [a_span(attributes={"x": MAIL}), a_span(CHILD, attributes={"x": MAIL})])
    assert Trace.objects.get().masked == {"e-mail": 2}


def test_log_records_are_masked_and_counted_wherever_they_come(claims):
    def record(n: int) -> IncomingRecord:
        return IncomingRecord(TRACE, ROOT, "gen_ai.user.message", 1764115200000000000 + n, {"content": f"{n} {MAIL}"})

    store_records(claims, [record(1)])
    store_spans(claims, [a_span()])
    store_records(claims, [record(2)])
    store_records(claims, [record(2)])

    assert MAIL not in everything_stored()
    assert len(Span.objects.get().logs) == 2
    assert Trace.objects.get().masked == {"e-mail": 2}


def test_spans_share_a_masked_resource(claims):
    resource = {"owner": MAIL}
    store_spans(claims, [a_span(resource=resource), a_span(CHILD, resource=resource)])
    assert [span.resource for span in Span.objects.all()] == [{"owner": "[e-mail]"}] * 2


def test_a_whole_trace_is_masked_with_what_was_said_of_it(claims):
    whole = read_trace(
        {
            "info": {
                "trace_id": f"tr-{TRACE}", "request_time": "2025-01-01T00:00:00Z", "state": "OK",
                "request_preview": f"I am {MAIL}", "tags": {"who": MAIL}, "trace_metadata": {"from": MAIL},
                "assessments": [
                    {
                        "assessment_id": "a-1", "assessment_name": "ok", "feedback": {"value": f"ask {MAIL}"},
                        "rationale": CARD, "source": {"source_type": "HUMAN", "source_id": "lead@example.org"},
                        "create_time": "2025-01-01T00:00:00Z",
                    }
                ],
            },
            "data": {"spans": []},
        }
    )  # fmt: skip
    trace = store_trace(claims, whole)

    said = trace.assessments.get()
    assert (said.value, said.rationale, said.source_id) == ("ask [e-mail]", "[card]", "lead@example.org")
    assert MAIL not in everything_stored()
    assert trace.masked == {"e-mail": 4, "card": 1}


def test_without_rules_nothing_is_changed():
    store_spans(Experiment.objects.get(pk=0), [a_span(attributes={"x": MAIL})])
    assert Span.objects.get().attributes == {"x": MAIL}
    assert Trace.objects.get().masked is None


@pytest.mark.parametrize("sent", ["text", 5, None, [1], {"e-mail": "many"}, {"e-mail": -1}, {"e-mail": 2**63}])
def test_a_count_that_a_sender_made_up_is_passed_over(sent):
    store_spans(Experiment.objects.get(pk=0), [a_span(attributes={"reviewapp.masked": sent})])
    assert Trace.objects.get().masked is None


def test_what_was_masked_is_counted_by_day(claims, django_capture_on_commit_callbacks):
    for span_id in (ROOT, CHILD):
        with django_capture_on_commit_callbacks(execute=True):
            store_spans(claims, [a_span(span_id, attributes={"x": f"{MAIL} {MAIL}"})])
    DailyCount.objects.create(
        experiment=claims, deed="masked", label="e-mail", n=5,
        day=timezone.now().date() - timezone.timedelta(days=7),
    )  # fmt: skip

    assert counting.tallies(claims, DailyCount.Deed.MASKED) == {"e-mail": counting.Tally("e-mail", 4, 9)}


def test_the_traces_page_says_what_was_masked(client_of, dana, claims):
    store_spans(claims, [a_span(attributes={"x": f"{MAIL} {MAIL}"})])
    assert "2 × e-mail" in client_of(dana).get(f"/traces/tr-{TRACE}/").content.decode()
