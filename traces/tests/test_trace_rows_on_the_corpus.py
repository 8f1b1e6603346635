"""What lists and searches show of every captured scenario."""

from __future__ import annotations

import pytest

from traces.models import Trace
from traces.tests.corpus_files import meta, scenarios, store_scenario
from traces.tests.test_dialects_on_the_corpus import expected_of

pytestmark = pytest.mark.django_db

SCENARIOS = [name for name in scenarios() if not name.startswith("synthetic-")]


@pytest.fixture(params=SCENARIOS)
def scenario(request) -> tuple[dict, list[Trace]]:
    store_scenario(request.param)
    return meta(request.param), [*Trace.objects.order_by("request_time")]


def test_the_last_question_and_answer_are_the_preview(scenario):
    about, traces = scenario
    expected = expected_of(about["name"])
    previews = [(trace.request_preview, trace.response_preview) for trace in traces]
    question = expected["questions"][-1][:1000]
    answer = expected["answers"][-1][:1000] if expected["answers"] else ""
    if expected["partial_answer"]:
        assert any(asked == question and answered and answer.startswith(answered) for asked, answered in previews)
    elif about["name"] == "oi-crewai-editorial":  # a crew is asked in tasks
        assert any(question in asked and answered == answer for asked, answered in previews)
    else:
        assert (question, answer) in previews


def test_name_and_state_are_the_roots(scenario):
    about, traces = scenario
    by_id = {trace.pk.removeprefix("tr-"): trace for trace in traces}
    for expected in about["traces"]:
        trace = by_id[expected["trace_id"].removeprefix("tr-")]
        assert trace.spans.count() == expected["spans"]
        assert trace.name == (expected["root"][0] if expected["root"] else "")
        if "state" in expected:  # MLflow told
            assert trace.state == expected["state"]


def test_session_and_user_are_found_where_they_are_sent(scenario):
    about, traces = scenario
    found = about["content_found_in_payload"]
    if about["group"] != "mlflow" and found.get("session_id"):
        assert any(trace.session_id for trace in traces)
    if about["group"] != "mlflow" and found.get("user_id"):
        assert any(trace.user_id for trace in traces)
