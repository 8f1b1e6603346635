"""manage.py import_traces"""

from __future__ import annotations

import gzip
import json

import pytest
from django.core.management import CommandError, call_command

from traces.models import Assessment, Experiment, Span, Trace
from traces.tests.corpus_files import CORPUS, mlflow_traces
from traces.tests.otlp_bodies import TRACE, a_request, a_span, json_body, protobuf_body

pytestmark = pytest.mark.django_db

CLAIMS = CORPUS / "mlflow-openai-claims-rag" / "mlflow-trace.json"


@pytest.fixture
def load(capsys):
    """Return a function that imports files and returns what was printed on each stream."""

    def run(*arguments):
        call_command("import_traces", *map(str, arguments))
        return capsys.readouterr()

    return run


def changed(**info):
    """The captured claims trace with other `info`."""
    document = json.loads(CLAIMS.read_text(encoding="utf-8"))
    document["info"] |= info
    return document


def test_an_mlflow_trace_comes_with_its_assessments(load):
    assert load(CLAIMS).out == f"{CLAIMS}: 1 trace, 3 spans, 6 assessments\n"

    trace = Trace.objects.get()
    assert (trace.pk, trace.name, trace.state) == ("tr-d7a57683e743654352810bbf0e3440de", "assistant", "OK")
    assert (trace.session_id, trace.user_id, trace.execution_duration_ms) == ("sess-claims_water", "user-0042", 454)
    assert trace.request_time.isoformat() == "2026-11-23T12:29:33.301000+00:00"
    assert trace.request_preview.startswith("Hi, a pipe burst")
    assert trace.response_preview.startswith("I'm sorry to hear")
    assert trace.tags["channel"] == "web"
    assert "mlflow.artifactLocation" not in trace.tags, "where another server keeps it"


def test_assessments_keep_kind_source_value_error_and_who_replaced_whom(load):
    load(CLAIMS)
    by_name = {each.name: each for each in Assessment.objects.filter(valid=True)}

    correctness, judge = by_name["correctness"], by_name["relevance"]
    assert (correctness.kind, correctness.source_type, correctness.source_id) == ("feedback", "HUMAN", "reviewer-07")
    assert (correctness.value, correctness.rationale) == (False, "Uses the wrong excess; see 3.2.")
    assert (judge.source_type, judge.value, judge.metadata) == ("LLM_JUDGE", 4.0, {"judge_version": "3"})
    assert by_name["groundedness"].value is None
    assert by_name["groundedness"].error["error_message"] == "judge endpoint returned 503"
    assert by_name["expected_facts"].kind == "expectation"
    assert by_name["expected_facts"].value == ["excess EUR 500", "cover suspended (3.9)"]
    old = by_name["tone"].overrides
    assert (old.value, old.valid, by_name["tone"].source_type) == ("good", False, "CODE")


def everything() -> list[dict]:
    """Every row, but for when a trace was last revised: that is for caches."""
    rows = [*Trace.objects.values(), *Span.objects.order_by("span_id").values(), *Assessment.objects.values()]
    return [{name: value for name, value in row.items() if name != "revised_at"} for row in rows]


def test_a_second_time_changes_nothing(load):
    load(CLAIMS)
    before = everything()
    load(CLAIMS)
    assert everything() == before


def test_spans_that_come_later_do_not_unsay_what_the_file_said(load):
    load(CLAIMS)
    load(CORPUS / "mlflow-openai-claims-rag" / "otlp-001.pb")
    trace = Trace.objects.get()
    assert (trace.session_id, trace.execution_duration_ms) == ("sess-claims_water", 454)


@pytest.mark.parametrize("path", mlflow_traces(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_captured_mlflow_trace_can_be_loaded(load, path):
    load(path)
    info = json.loads(path.read_text(encoding="utf-8"))["info"]
    trace = Trace.objects.get(pk=info["trace_id"])
    assert trace.state == info["state"]
    assert "{" not in trace.request_preview[:1], "a preview is words, no JSON"


def test_numbers_that_json_does_not_know_are_kept_as_text(load):
    load(CORPUS / "mlflow-odd-types" / "mlflow-trace.json")
    span = Span.objects.get(name="odd_types")
    inputs = span.attributes["mlflow.spanInputs"]
    assert (inputs["nan"], inputs["inf"], inputs["big"]) == ("NaN", "Infinity", str(2**70))
    assert (span.attributes["k.int"], span.attributes["k.list"]) == (9007199254740993, [1, "a", None])
    assert span.events == [{"name": "checkpoint", "time_unix_nano": 1795437242810457088, "attributes": {"n": 1}}]


def test_otlp_is_told_by_its_content_not_by_its_name(load, tmp_path):
    (tmp_path / "a.txt").write_bytes(protobuf_body("a" * 16))
    (tmp_path / "b.bin").write_bytes(json_body(a_span(traceId="1" * 32)))
    (tmp_path / "c.gz").write_bytes(gzip.compress(json_body(a_span(traceId="2" * 32))))
    load(*sorted(tmp_path.iterdir()))
    assert {trace.pk for trace in Trace.objects.all()} == {f"tr-{TRACE}", "tr-" + "1" * 32, "tr-" + "2" * 32}


def test_json_lines_may_mix_both(load, tmp_path):
    path = tmp_path / "traces.jsonl"
    path.write_text("\n".join([json.dumps(a_request(a_span())), "", json.dumps(changed()), ""]), encoding="utf-8")
    assert load(path).out == f"{path}: 2 traces, 4 spans, 6 assessments\n"


def test_a_list_in_one_file_is_loaded_entry_by_entry(load, tmp_path):
    path = tmp_path / "traces.json"
    path.write_text(json.dumps([a_request(a_span()), changed()]), encoding="utf-8")
    assert load(path).out == f"{path}: 2 traces, 4 spans, 6 assessments\n"


@pytest.mark.parametrize(("given", "name"), [("0", "Default"), ("Claims", "Claims"), ("  ", None), ("77", None)])
def test_the_experiment_is_named_or_numbered(load, given, name):
    if name is None:
        with pytest.raises(CommandError, match=r"no experiment 77|needs a name"):
            load(CLAIMS, "--experiment", given)
        assert not Trace.objects.exists()
    else:
        load(CLAIMS, "--experiment", given)
        assert Trace.objects.get().experiment.name == name


def test_a_new_experiment_is_made_once(load):
    for _ in range(2):
        load(CLAIMS, "--experiment", "Claims")
    assert Experiment.objects.filter(name="Claims").count() == 1


def test_files_that_cannot_be_read_do_not_stop_the_others(capsys, tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text('{"what": 1}', encoding="utf-8")
    with pytest.raises(CommandError, match=r"2 of 3 files could not be loaded\."):
        call_command("import_traces", str(tmp_path / "none.json"), str(bad), str(CLAIMS))
    printed = capsys.readouterr()
    assert "No such file" in printed.err
    assert (
        f"{bad}: It is neither OTLP (resourceSpans, resourceLogs) nor an MLflow trace (info and data)." in printed.err
    )
    assert Trace.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "There is no trace in it."),
        ('{"resourceSpans": []}', "There is no trace in it."),
        ("{", "It is not JSON"),
        ('{"resourceSpans": []}\n{', "Line 2 is not JSON"),
        ('[{"resourceSpans": []}, 5]', "Entry 2: It is neither OTLP"),
        (json.dumps(a_request(a_span(traceId="x"))), "Trace id 'x' is not 32 hex digits."),
        (json.dumps(changed(trace_id="abc")), "Trace id 'abc' is not 32 hex digits."),
        (json.dumps(changed(request_time="yesterday")), "'yesterday' is not a time with its zone."),
        (json.dumps(changed(assessments=[{"feedback": {"value": 1}}])), "'create_time'"),
        (json.dumps({"info": {"request_id": "1"}, "data": {"spans": []}}), "only traces of MLflow 3 can be read"),
        (json.dumps({"info": {"trace_id": "tr-" + "1" * 32, "request_time": None}, "data": {}}), "None is not a time"),
        (json.dumps(changed(tags=[1])), "where MLflow 3 writes something else"),
    ],
    ids=range(12),
)
def test_what_is_wrong_with_a_file_is_said_and_nothing_of_it_kept(capsys, tmp_path, content, message):
    path = tmp_path / "traces.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("import_traces", str(path))
    assert f"{path}: " in (printed := capsys.readouterr().err)
    assert message in printed
    assert not Trace.objects.exists()


def test_a_file_is_loaded_whole_or_not_at_all(capsys, tmp_path):
    path = tmp_path / "traces.jsonl"
    path.write_text(json.dumps(changed()) + "\n{broken", encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("import_traces", str(path))
    assert not Trace.objects.exists()


def test_spans_that_were_left_out_are_named(load, tmp_path):
    path = tmp_path / "traces.json"
    path.write_bytes(json_body(a_span(), a_span(spanId="x")))
    printed = load(path)
    assert printed.out == f"{path}: 1 trace, 1 span, 0 assessments\n"
    assert printed.err == f"{path}: left out a span: Span id 'x' is not 16 hex digits.\n"


def test_a_link_to_an_assessment_that_nobody_knows_is_left_out(load, tmp_path):
    entry = changed()["info"]["assessments"][0] | {"assessment_id": "a-new", "overrides": "a-unknown"}
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(changed(assessments=[entry])), encoding="utf-8")
    load(path)
    assert Assessment.objects.get().overrides is None


def test_a_preview_that_was_written_for_people_stays(load, tmp_path):
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(changed(request_preview="A burst pipe")), encoding="utf-8")
    load(path)
    assert Trace.objects.get().request_preview == "A burst pipe"
