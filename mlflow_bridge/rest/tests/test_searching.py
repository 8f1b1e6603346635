"""search_traces and search_sessions of the SDK."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import mlflow
import pytest
from mlflow.exceptions import MlflowException

from traces.models import Experiment, Span, Trace

BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def five(experiment) -> list[str]:
    """Five traces, a minute apart, the oldest first; two of one session, one failed."""
    ids = []
    for n in range(5):
        trace = Trace.objects.create(
            trace_id=f"tr-{n:032}", experiment_id=int(experiment), name=f"n{n}", state="ERROR" if n == 4 else "OK",
            request_time=BEGIN + timedelta(minutes=n), execution_duration_ms=100 - n, request_preview=f"question {n}",
            session_id="s" if n < 2 else "", tags={"env": "test" if n % 2 else "prod", "a.b": "c"},
            metadata={"mlflow.trace.session": "s"} if n < 2 else {},
        )  # fmt: skip
        Span.objects.create(trace=trace, span_id=f"{n + 1:016}", name="root", start_time_ns=1, end_time_ns=2,
                            span_type="TOOL", attributes={"mlflow.spanType": "TOOL"})  # fmt: skip
        ids.append(trace.pk)
    return ids


def found(sdk, experiment, **how) -> list[int]:
    traces = sdk.search_traces(locations=[experiment], **how)
    return [int(each.info.trace_id[-1]) for each in traces]


def test_the_newest_come_first_with_their_spans(sdk, experiment, five):
    traces = sdk.search_traces(locations=[experiment])
    assert [each.info.trace_id for each in traces] == five[::-1]
    assert [span.name for each in traces for span in each.data.spans] == ["root"] * 5


@pytest.mark.parametrize(
    ("filter_string", "numbers"),
    [
        ("trace.status = 'ERROR'", [4]),
        ("status != 'OK'", [4]),
        ("tags.env = 'test' AND attributes.name LIKE 'n%'", [3, 1]),
        ("tags.`a.b` = 'c' AND name IN ('n1', 'n2')", [2, 1]),
        ("metadata.`mlflow.trace.session` = 's'", [1, 0]),
        (f"timestamp_ms > {int(BEGIN.timestamp() * 1000) + 120_000}", [4, 3]),
        ("execution_time_ms <= 97", [4, 3]),
        ("span.type = 'TOOL' AND request_id = 'tr-00000000000000000000000000000002'", [2]),
        ("trace.text LIKE '%question 3%'", [3]),
        ("name RLIKE '^n[01]$'", [1, 0]),
        ("tags.missing IS NULL AND status = 'ERROR'", [4]),
    ],
)
def test_mlflows_filters_find_them(sdk, experiment, five, filter_string, numbers):
    assert found(sdk, experiment, filter_string=filter_string) == numbers


@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        ("timestamp_ms ASC", [0, 1, 2, 3, 4]),
        ("execution_time_ms DESC", [0, 1, 2, 3, 4]),
        ("name DESC", [4, 3, 2, 1, 0]),
    ],
)
def test_they_come_in_the_order_asked_for(sdk, experiment, five, order, numbers):
    assert found(sdk, experiment, order_by=[order]) == numbers


def test_they_come_in_pages(sdk, experiment, five):
    first = sdk.search_traces(locations=[experiment], max_results=2)
    second = sdk.search_traces(locations=[experiment], max_results=2, page_token=first.token)
    third = sdk.search_traces(locations=[experiment], max_results=2, page_token=second.token)
    assert [each.info.trace_id for page in (first, second, third) for each in page] == five[::-1]
    assert third.token is None


def test_the_fluent_api_makes_a_table(experiment, five):
    table = mlflow.search_traces(locations=[experiment], max_results=3)
    assert list(table["trace_id"]) == five[:1:-1]


def test_several_experiments_are_searched_together(sdk, experiment, five):
    other = Experiment.objects.create(name="other")
    Trace.objects.create(trace_id="tr-" + "9" * 32, experiment=other, request_time=BEGIN)
    Trace.objects.create(trace_id="tr-" + "8" * 32, experiment_id=0, request_time=BEGIN)
    traces = sdk.search_traces(locations=[experiment, str(other.pk), "999999"])
    assert {each.info.trace_id for each in traces} == {*five, "tr-" + "9" * 32}


def test_an_experiment_that_does_not_exist_holds_none(sdk, five):
    assert list(sdk.search_traces(locations=["999999"])) == []


@pytest.mark.parametrize(
    "how",
    [
        {"filter_string": "garbage ==="},
        {"filter_string": "unknown.key = 'a'"},
        {"filter_string": "tags.env = 'test' OR status = 'OK'"},
        {"filter_string": "status > 'OK'"},
        {"order_by": ["bogus DESC"]},
        {"max_results": 501},
        {"page_token": "%%%"},
    ],
)
def test_what_is_no_search_is_refused(sdk, experiment, how):
    with pytest.raises(MlflowException) as refused:
        sdk.search_traces(locations=[experiment], **how)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_deleted_trace_is_not_found(sdk, experiment, five):
    sdk.delete_traces(experiment, trace_ids=five[:2])
    assert found(sdk, experiment) == [4, 3, 2]


def test_sessions_are_found_with_their_traces(experiment, five):
    (session,) = mlflow.search_sessions(locations=[experiment])
    assert {each.info.trace_id for each in session.traces} == set(five[:2])


def test_traces_come_by_id_and_missing_ones_are_left_out(dana_client, five):
    missing = "tr-" + "f" * 32
    answer = dana_client("GET", f"api/3.0/mlflow/traces/batchGet?trace_ids={five[1]}&trace_ids={missing}").json()
    assert [each["trace_info"]["trace_id"] for each in answer["traces"]] == [five[1]]
    infos = dana_client("POST", "api/3.0/mlflow/traces/batchGetInfos", json={"trace_ids": [*five[:2], missing]}).json()
    assert [each["trace_id"] for each in infos["trace_infos"]] == five[:2]
