from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from traces.models import Assessment, Experiment, Span, Trace
from traces.search import FilterError, matching, search

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def traces(db) -> dict[str, Trace]:
    """Three answers of one application: a good one, a bad one, an old one without anything."""
    experiment = Experiment.objects.create(name="claims")

    def make(letter: str, **fields: object) -> Trace:
        return Trace.objects.create(
            trace_id=f"tr-{letter * 32}", experiment=experiment, **{"request_time": NOON, "state": "OK", **fields}
        )

    good = make(
        "a",
        name="answer",
        client_request_id="req-1",
        execution_duration_ms=1200,
        request_preview="Is a flooded Keller covered?",
        response_preview="Yes, up to 100% of the damage.",
        tags={"env": "prod", "mlflow.user": "ada"},
        metadata={"model": "m1", "mlflow.trace.user": "ada"},
        user_id="ada",
        session_id="s-1",
    )
    bad = make(
        "b", name="plan", state="ERROR", execution_duration_ms=90, request_preview="IS it?",
        tags={"env": "test", "mlflow.linkedPrompts": '[{"name": "qa", "version": "2"}]'},
        metadata={"mlflow.sourceRun": "run-1"}, session_id="s-1",
    )  # fmt: skip
    old = make("c", request_time=timezone.now() - timedelta(days=400))
    Span.objects.create(
        trace=good, span_id="1" * 16, name="search", span_type="RETRIEVER", status="OK", start_time_ns=1,
        attributes={
            "query": 'Überschwemmung "Keller"', "gen_ai.system": "openai", "top_k": 10, "ratio": 0.5, "cached": True,
        },
    )  # fmt: skip
    Span.objects.create(trace=bad, span_id="2" * 16, name="llm", span_type="LLM", status="ERROR", start_time_ns=1)
    say(good, "correct", True)
    say(bad, "correct", False)
    say(good, "score", 4)
    say(good, "topic", "water")
    say(good, "expected", "Yes", kind="expectation")
    say(good, "mood", "calm", metadata={"mlflow.trace.session": "s-1"})  # about the whole session
    say(bad, "withdrawn", "yes", valid=False)
    return {"good": good, "bad": bad, "old": old}


def say(trace: Trace, name: str, value: object, *, kind: str = "feedback", valid: bool = True, **more: object) -> None:
    Assessment.objects.create(
        trace=trace, name=name, value=value, kind=kind, valid=valid, source_type="HUMAN", source_id="x@example.org",
        **more,
    )  # fmt: skip


def found(filter_string: str) -> str:
    """The matching traces, as the first letters of their names in the fixture: g(ood), b(ad), o(ld)."""
    letters = {"a": "g", "b": "b", "c": "o"}
    narrowed = {trace.pk for trace in matching(Trace.objects.all(), filter_string)}
    page = search(filter_string)
    assert {trace.pk for trace in page.traces} == narrowed
    assert (page.next_page_token, page.previous_page_token, page.looked_through) == ("", "", None)
    return "".join(sorted(letters[trace_id[3]] for trace_id in narrowed))


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        ("", "bgo"),
        ("   ", "bgo"),
        ("trace.status = 'OK'", "go"),
        ("attributes.status != 'OK'", "b"),
        ("status IN ('OK', 'ERROR')", "bgo"),
        ("status NOT IN ('ERROR')", "go"),
        ("name = 'answer'", "g"),
        ("name LIKE 'A%'", ""),
        ("name ILIKE 'A%'", "g"),
        ("name like 'pla_'", "b"),
        ("NAME = \"plan\" and Status = 'ERROR'", "b"),
        ("request_id = 'tr-cccccccccccccccccccccccccccccccc'", "o"),
        ("client_request_id = 'req-1'", "g"),
        ("execution_time_ms >= 90 AND execution_time < 1000.5", "b"),
        ("execution_time_ms != 90", "g"),
        ("text ILIKE '%IS %'", "bg"),
        ("text LIKE 'IS %'", "b"),
        ("text LIKE '%100\\%%'", ""),
        ("text LIKE '%[100]%'", ""),
        ("text LIKE '%100%'", "g"),
        ("timestamp < '2026-03-11' AND timestamp >= '2026-03-10'", "bg"),
        ("timestamp_ms = 1773144000000", "bg"),
        ("timestamp > '2026-03-10T11:59:59Z' and timestamp < '2026-03-10 12:00:01'", "bg"),
        ("timestamp < '399 days ago' AND timestamp > '58 weeks ago'", "o"),
        ("tag.env = 'prod'", "g"),
        ("tags.env != 'prod'", "b"),
        ("tag.env IS NULL", "o"),
        ("tag.env IS NOT NULL", "bg"),
        ("tag.`mlflow.user` = 'ada'", "g"),
        ("tag.\"mlflow.user\" LIKE 'a%'", "g"),
        ("tags.mlflow.user = 'ada'", "g"),
        ("metadata.model = 'm1'", "g"),
        ("request_metadata.model ILIKE 'M_'", "g"),
        ("span.type = 'RETRIEVER'", "g"),
        ("span.name IN ('llm', 'other')", "b"),
        ("span.status = 'ERROR'", "b"),
        ("span.attributes.gen_ai.system = 'openai'", "g"),
        ("span.attributes.top_k = '10'", "g"),
        ("span.attributes.top_k != '10'", ""),
        ("span.attributes.top_k IN ('9', '10')", "g"),
        ("span.attributes.top_k LIKE '1%'", "g"),
        ("span.attributes.ratio = '0.5'", "g"),
        ("span.attributes.cached = 'true'", "g"),
        ("span.attributes.nothing != '1'", ""),
        ("span.content LIKE '%Überschwemmung%'", "g"),
        ("span.content ILIKE '%\"keller\"%'", "g"),
        ("feedback.correct = 'true'", "g"),
        ("feedback.correct != 'true'", "b"),
        ("feedback.score >= 4", "g"),
        ("feedback.score > 4", ""),
        ("feedback.score = '4'", "g"),
        ("feedback.topic LIKE 'wa%'", "g"),
        ("feedback.topic = 'water' AND feedback.correct = 'false'", ""),
        ("feedback.correct IS NULL", "o"),
        ("feedback.withdrawn IS NOT NULL", ""),
        ("feedback.expected IS NOT NULL", ""),
        ("expectation.expected = 'Yes'", "g"),
        ("tag.env = 'O''Brien'", ""),
        ("name RLIKE '^an.*r$'", "g"),
        ("name RLIKE '(n|a+)+$'", "b"),
        ("name RLIKE 'ANS'", ""),
        ("tag.env RLIKE 'p?ro?d|test'", "bg"),
        ("metadata.model RLIKE '[0-9]'", "g"),
        ("feedback.topic RLIKE 'w.t'", "g"),
        ("span.name RLIKE '^(llm|x)$'", "b"),
        ("span.attributes.gen_ai.system RLIKE '^open'", "g"),
        ("span.type NOT IN ('LLM', 'TOOL')", "g"),
        ("trace_id IN ('tr-cccccccccccccccccccccccccccccccc', 'tr-x')", "o"),
        ("end_time >= '2026-03-10T12:00:01.200Z'", "g"),
        ("end_time_ms < 1773144000100 AND end_time > 1773144000089", "b"),
        ("run_id = 'run-1'", "b"),
        ("run_id != 'run-2'", "b"),
        ("metadata.`mlflow.sourceRun` = 'run-1'", "b"),
        ("metadata.\"mlflow.trace.session\" = 's-1'", "bg"),
        ("metadata.mlflow.trace.user != 'nobody'", "g"),
        ("session_id = 's-1' AND status = 'OK'", "g"),
        ("prompt = 'qa/2'", "b"),
        ("prompt = 'qa/1'", ""),
        ("issue.id = 'iss-1'", ""),
        ("feedback.mood = 'calm'", "bg"),
        ("feedback.mood IS NULL", "o"),
        ("feedback.mood = 'calm' AND status = 'ERROR'", "b"),
    ],
)
def test_a_filter_finds_what_it_says(traces, filter_string, expected):
    assert found(filter_string) == expected


@pytest.mark.parametrize(
    ("filter_string", "position", "says"),
    [
        ("status = 'OK' OR name = 'a'", 14, "AND"),
        ("(status = 'OK')", 0, "Parentheses"),
        ("status = OK", 9, "single quotes"),
        ("status = 'OK", 9, "not closed"),
        ("status = ", 8, "missing"),
        ("status == 'OK'", 8, "single quotes"),
        ("status = 'FINE'", 9, "no status"),
        ("status > 'OK'", 0, "does not fit"),
        ("state = 'OK'", 0, "not known"),
        ("tag.env = 'a' AND colour.x = 'b'", 18, "not known"),
        ("span.colour = 'b'", 0, "not known"),
        ("name RLIKE '(?=a)b'", 11, "refused"),
        ("name RLIKE '(a)\\1'", 11, "refused"),
        ("name RLIKE 'a('", 11, "no regular expression"),
        ("name RLIKE 'a{5000}'", 11, "more than 100 times"),
        ("name RLIKE '" + "a" * 201 + "'", 11, "longer than 200"),
        ("timestamp RLIKE 'a'", 0, "does not fit"),
        ("prompt = 'qa'", 9, "name/version"),
        ("prompt LIKE 'qa/1'", 0, "does not fit"),
        ("issue.id LIKE 'x'", 0, "does not fit"),
        ("end_time > 'soon'", 11, "not a time"),
        ("text = 'a'", 0, "does not fit"),
        ("timestamp > 'some day'", 12, "not a time"),
        ("timestamp > '2026-02-31'", 12, "not a time"),
        ("timestamp > 99999999999999999999", 12, "not a time"),
        ("execution_time_ms > 'long'", 20, "number"),
        ("execution_time_ms > 99999999999999999999", 20, "number"),
        ("name IN 'a'", 8, "parentheses"),
        ("name IN ('a', 'b'", 17, "not closed"),
        ("name IS NOT", 5, "comparison"),
        ("name = 'a' name = 'b'", 11, "Expected AND"),
        ("name = 'a' AND", 14, "what to look at"),
        ("name ~ 'a'", 5, "not understood"),
        ("'a' = name", 0, "what to look at"),
        ("name = 'a' AND " * 30 + "name = 'a'", 300, "Too many"),
        ("name = '" + "a" * 5000 + "'", 4000, "longer"),
    ],
)
def test_what_cannot_be_understood_is_said_with_its_place(filter_string, position, says):
    with pytest.raises(FilterError) as caught:
        matching(Trace.objects.all(), filter_string)
    assert says in caught.value.message
    assert caught.value.position == position


def test_a_trace_with_two_matching_spans_comes_once(traces):
    Span.objects.create(trace=traces["good"], span_id="3" * 16, span_type="RETRIEVER", start_time_ns=2)
    assert found("span.type = 'RETRIEVER'") == "g"
