"""What a reviewer should see is in the readings, in the right place, for every captured scenario."""

from __future__ import annotations

import json
from typing import Any

import pytest

from traces.dialects import read_span
from traces.dialects.dspy import fields_of
from traces.dialects.spans import ChatMessage, Part, SpanReading
from traces.ingest.mlflow_json import read_trace
from traces.tests.corpus_files import meta, mlflow_traces, scenarios, spans_of, told_spans_of

# The framework replaced the instructions by its own, so that they are not in the payload.
OWN_INSTRUCTIONS = ("mlflow-dspy-tax", "mlflow-llamaindex-clinical", "oi-llamaindex-clinical", "oi-crewai-editorial")
# Passages stand inside the prompt only.
NO_DOCUMENTS = ("otel-openaiv2-embed-both", "pydanticai-v5-session")

OVER_OTLP = [name for name in scenarios() if not name.startswith("synthetic-")]
AS_JSON = sorted({path.parent.name for path in mlflow_traces()} - {"mlflow-odd-types"})


@pytest.fixture(params=[*(f"{name}-otlp" for name in OVER_OTLP), *(f"{name}-json" for name in AS_JSON)])
def scenario(request) -> tuple[str, list[SpanReading]]:
    name, _, form = request.param.rpartition("-")
    if form == "otlp":
        return name, [read_span(span) for span in told_spans_of(name)]
    files = [read_trace(json.loads(path.read_text(encoding="utf-8"))) for path in mlflow_traces(name)]
    return name, [read_span(span) for file in files for span in file.spans]


def expected_of(name: str) -> dict[str, Any]:
    """What a reviewer should see; DSPy's headings are the framework's, not the model's words."""
    expected = meta(name)["reviewer_should_see"]
    if name == "mlflow-dspy-tax":
        expected["answers"] = [fields_of(answer)["answer"] for answer in expected["answers"]]
    return expected


def text(message: ChatMessage) -> str:
    return "\n\n".join(part.text for part in message.parts if part.kind in {"text", "refusal"})


def said(readings: list[SpanReading], role: str) -> list[str]:
    return [text(message) for reading in readings for message in reading.messages if message.role == role]


def parts(readings: list[SpanReading], kind: str) -> list[Part]:
    messages = [message for reading in readings for message in reading.messages + reading.answer]
    return [part for message in messages for part in message.parts if part.kind == kind]


def test_the_questions_are_the_users_words(scenario):
    name, readings = scenario
    for question in expected_of(name)["questions"]:
        users = said(readings, "user")
        if name == "oi-crewai-editorial":  # the framework wraps the task in words of its own
            assert any(question in words for words in users)
        else:
            assert question in users


def test_the_answers_are_the_assistants_words(scenario):
    name, readings = scenario
    expected = expected_of(name)
    answers = [text(message) for reading in readings for message in reading.answer if message.role == "assistant"]
    for answer in expected["answers"]:
        if expected["partial_answer"]:
            assert any(words and answer.startswith(words) for words in answers)
        else:
            assert answer in answers


def test_the_instructions_are_the_systems(scenario):
    name, readings = scenario
    system = expected_of(name)["system"]
    if system and name not in OWN_INSTRUCTIONS:
        assert any(system in words for words in said(readings, "system"))


def test_the_reasoning_stands_apart_from_the_answer(scenario):
    name, readings = scenario
    for thought in expected_of(name)["reasoning"]:
        assert thought in [part.text for part in parts(readings, "reasoning")]
        assert not any(thought in text(message) for reading in readings for message in reading.answer)


def test_the_documents_come_with_title_and_address(scenario):
    name, readings = scenario
    if name in NO_DOCUMENTS:
        return
    documents = {document.doc_id: document for reading in readings for document in reading.documents}
    for expected in expected_of(name)["documents"]:
        document = documents[expected["id"]]
        assert document.text.startswith(expected["begins"])
        assert len(document.text) == expected["characters"]
        assert document.url == expected["url"]
        assert document.title == ("" if name == "mlflow-dspy-tax" else expected["title"])  # dspy sends none


def test_the_tools_are_called_with_their_arguments(scenario):
    name, readings = scenario
    calls = [(call.tool_name, call.data) for call in parts(readings, "tool_call")]
    for expected in expected_of(name)["tool_calls"]:
        assert (expected["name"], expected["arguments"]) in calls


def test_the_tools_results_have_their_tools_name(scenario):
    name, readings = scenario
    results = parts(readings, "tool_result")
    for expected in expected_of(name)["tool_calls"]:
        mine = [result for result in results if result.tool_name == expected["name"]]
        if "error" in expected:
            assert any(expected["error"] in result.text for result in mine)
        elif expected["result"] != "(hand-over)":
            assert any(result.data == expected["result"] for result in mine)


def test_errors_are_told_in_words(scenario):
    name, readings = scenario
    error = expected_of(name)["upstream_error"]
    if error:
        assert any(error in reading.error for reading in readings)


@pytest.mark.parametrize("name", [name for name in OVER_OTLP if meta(name).get("case") == "bank_balance"])
def test_the_same_conversation_reads_the_same_from_every_instrumentation(name):
    readings = [read_span(span) for span in told_spans_of(name)]
    last = max((reading for reading in readings if reading.messages), key=lambda reading: len(reading.messages))
    told = [(message.role, [as_told(part) for part in message.parts]) for message in last.messages]
    expected = expected_of(name)
    (call,) = expected["tool_calls"]
    assert told == [
        ("system", [("text", "", expected["system"])]),
        ("user", [("text", "", expected["questions"][0])]),
        ("assistant", [("tool_call", "lookup_account", call["arguments"])]),
        ("tool", [("tool_result", "lookup_account", call["result"])]),
    ]
    assert text(last.answer[-1]) == expected["answers"][0]


def as_told(part: Part) -> tuple[str, str, object]:
    return part.kind, part.tool_name, part.text if part.kind == "text" else part.data


def test_a_failed_tool_that_looks_like_success_is_an_error():
    readings = [read_span(span) for span in spans_of("mlflow-langgraph-tool-error")]
    (tool,) = [reading for reading in readings if reading.span_type == "TOOL"]
    assert tool.error.startswith("FxServiceUnavailable")


@pytest.mark.parametrize("name", [name for name in scenarios() if name != "synthetic-invalid"])
def test_every_span_of_the_corpus_can_be_read(name):
    assert all(read_span(span).dialect for span in spans_of(name))
