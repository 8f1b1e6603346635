"""Single points of the dialects that the corpus does not hold."""

from __future__ import annotations

import copy
import json
import random

import pytest

from traces.dialects import read_header, read_span
from traces.dialects.blocks import part_of, parts_of
from traces.dialects.decoding import decoded
from traces.dialects.exchanges import answers_in, documents_in, messages_in
from traces.dialects.messages import messages_of
from traces.dialects.spans import ChatMessage, Document, Part
from traces.ingest.incoming import IncomingSpan
from traces.tests.corpus_files import scenarios, told_spans_of


def a_span(attributes: dict | None = None, **fields) -> IncomingSpan:
    return IncomingSpan("1" * 32, "a" * 16, 1, 2, attributes=attributes or {}, **fields)


# Blocks


@pytest.mark.parametrize(
    ("block", "part"),
    [
        ({"type": "text", "text": "a"}, Part("text", text="a")),
        ({"type": "text", "content": "a"}, Part("text", text="a")),
        ({"block_type": "text", "text": "a"}, Part("text", text="a")),
        ({"text": "a"}, Part("text", text="a")),
        ({"type": "output_text", "text": "a", "annotations": []}, Part("text", text="a")),
        ({"type": "thinking", "thinking": "hm", "signature": "x"}, Part("reasoning", text="hm")),
        ({"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}, Part("reasoning", text="hm")),
        ({"type": "refusal", "refusal": "no"}, Part("refusal", text="no")),
        (
            {"type": "image_url", "image_url": {"url": "https://x.example/i.png"}},
            Part("image", url="https://x.example/i.png"),
        ),
        (
            {"type": "input_image", "image_url": "data:image/png;base64,AA=="},
            Part("image", url="data:image/png;base64,AA=="),
        ),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "AA=="}},
            Part("image", url="data:image/jpeg;base64,AA==", mime_type="image/jpeg"),
        ),
        (
            {"type": "image_url", "image_url": {"url": "mlflow-attachment://1?content_type=image%2Fpng"}},
            Part("image", url="mlflow-attachment://1?content_type=image%2Fpng"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
            Part("audio", url="data:audio/mp3;base64,AA==", mime_type="audio/mp3"),
        ),
        (
            {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": "AA=="},
            Part("audio", url="data:audio/wav;base64,AA==", mime_type="audio/wav"),
        ),
        (
            {"type": "uri", "modality": "image", "uri": "https://x.example/i.png"},
            Part("image", url="https://x.example/i.png"),
        ),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
            Part("file", text="a.pdf", url="data:application/pdf;base64,AA=="),
        ),
        (
            {"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}},
            Part("tool_call", tool_name="f", call_id="1", data={"a": 1}),
        ),
        (
            {"type": "function", "id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}},
            Part("tool_call", tool_name="f", call_id="1", data={"a": 1}),
        ),
        (
            {"toolUse": {"toolUseId": "1", "name": "f", "input": {}}},
            Part("tool_call", tool_name="f", call_id="1", data={}),
        ),
        (
            {
                "type": "tool_result",
                "tool_use_id": "1",
                "content": [{"type": "text", "text": "late"}],
                "is_error": True,
            },
            Part("tool_result", text="late", data="late", call_id="1", is_error=True),
        ),
        (
            {"toolResult": {"toolUseId": "1", "status": "error", "content": [{"text": "late"}]}},
            Part("tool_result", text="late", data="late", call_id="1", is_error=True),
        ),
        (
            {
                "type": "tool-result",
                "toolCallId": "1",
                "toolName": "f",
                "output": {"type": "error-text", "value": "late"},
            },
            Part("tool_result", text="late", data="late", tool_name="f", call_id="1", is_error=True),
        ),
        ({"type": "hologram", "a": 1}, Part("data", data={"type": "hologram", "a": 1})),
    ],
    ids=range(23),
)
def test_every_vendors_block_is_a_part(block, part):
    assert part_of(block) == part


def test_empty_texts_are_no_parts():
    assert parts_of([{"type": "text", "text": ""}, "", None, {"type": "thinking", "thinking": ""}]) == []


# Messages

CALL = Part("tool_call", tool_name="f", call_id="1", data={"a": 1})


@pytest.mark.parametrize(
    "sent",
    [
        [
            {"role": "developer", "content": "S"},
            {"role": "user", "content": "Q"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "R"},
        ],
        [  # Anthropic
            {"role": "system", "content": [{"type": "text", "text": "S"}]},
            {"role": "user", "content": [{"type": "text", "text": "Q"}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "R"}]},
        ],
        [  # OpenAI Responses
            {"role": "system", "content": [{"type": "input_text", "text": "S"}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Q"}]},
            {"type": "function_call", "call_id": "1", "id": "fc_1", "name": "f", "arguments": '{"a": 1}'},
            {"type": "function_call_output", "call_id": "1", "output": "R"},
        ],
        [  # LangChain
            ["system", "S"],
            {"type": "human", "content": "Q"},
            {
                "lc": 1,
                "kwargs": {"type": "ai", "content": "", "tool_calls": [{"id": "1", "name": "f", "args": {"a": 1}}]},
            },
            {"type": "tool", "data": {"content": "R", "tool_call_id": "1"}},
        ],
        [  # GenAI conventions
            {"role": "system", "parts": [{"type": "text", "content": "S"}]},
            {"role": "user", "parts": [{"type": "text", "content": "Q"}]},
            {"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "f", "arguments": {"a": 1}}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "R"}]},
        ],
        [  # LlamaIndex
            {"role": "MessageRole.system", "blocks": [{"block_type": "text", "text": "S"}]},
            {"role": "user", "blocks": [{"block_type": "text", "text": "Q"}]},
            {
                "role": "assistant",
                "blocks": [],
                "additional_kwargs": {"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}}]},
            },
            {
                "role": "tool",
                "blocks": [{"block_type": "text", "text": "R"}],
                "additional_kwargs": {"tool_call_id": "1"},
            },
        ],
        [  # pydantic-ai
            {"kind": "request", "instructions": "S", "parts": [{"part_kind": "user-prompt", "content": "Q"}]},
            {
                "kind": "response",
                "parts": [{"part_kind": "tool-call", "tool_name": "f", "tool_call_id": "1", "args": '{"a": 1}'}],
            },
            {
                "kind": "request",
                "instructions": "S",
                "parts": [{"part_kind": "tool-return", "tool_name": "f", "tool_call_id": "1", "content": "R"}],
            },
        ],
    ],
    ids=["openai", "anthropic", "responses", "langchain", "genai", "llamaindex", "pydantic-ai"],
)
def test_every_vendors_conversation_is_the_same(sent):
    assert messages_of(sent) == [
        ChatMessage("system", [Part("text", text="S")]),
        ChatMessage("user", [Part("text", text="Q")]),
        ChatMessage("assistant", [CALL]),
        ChatMessage("tool", [Part("tool_result", text="R", data="R", tool_name="f", call_id="1")]),
    ]


def test_pieces_of_one_turn_are_one_message():
    items = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "A"}]},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": '{"a": 1}'},
    ]
    (message,) = messages_of(items)
    assert message.parts == [Part("reasoning", text="hm"), Part("text", text="A"), CALL]


def test_a_call_that_is_sent_in_two_places_is_one_call():
    twice = {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}}],
        "tool_calls": [{"id": "1", "name": "f", "args": {"a": 1}}],
    }
    assert messages_of(twice) == [ChatMessage("assistant", [CALL])]


# Questions and answers


@pytest.mark.parametrize(
    "inputs",
    [
        "Q",
        {"question": "Q"},
        {"query": "Q", "filters": None},
        {"user_prompt": "Q", "infer_name": False},
        {"messages": [["user", "Q"]]},
        {"messages": [[{"type": "human", "content": "Q"}]]},
        {"input": "Q", "chat_history": []},
        {"input": [{"role": "user", "content": "Q"}]},
        {"query_bundle": {"query_str": "Q", "embedding": None}},
        {"data": {"retriever": {"top_k": 3}, "prompt": {"question": "Q"}}},
        [{"role": "user", "content": "Q"}],
    ],
    ids=str,
)
def test_a_question_is_found_wherever_it_stands(inputs):
    assert messages_in(inputs) == [ChatMessage("user", [Part("text", text="Q")])]


@pytest.mark.parametrize("inputs", [None, {}, [], 5, {"town": "Grenfeld"}, {"a": 1, "b": 2}, [1, 2]], ids=str)
def test_what_is_no_question_is_not_taken_for_one(inputs):
    assert messages_in(inputs) == []


def test_instructions_beside_the_messages_come_first():
    assert messages_in({"system": "S", "messages": [{"role": "user", "content": "Q"}]})[0].role == "system"


@pytest.mark.parametrize(
    "outputs",
    [
        "A",
        ["A"],
        {"answer": "A"},
        {"output": "A", "_state": {}},
        {"choices": [{"message": {"role": "assistant", "content": "A"}}]},
        {"generations": [[{"text": "A", "message": {"type": "ai", "content": "A"}}]]},
        {"messages": [{"type": "human", "content": "Q"}, {"type": "ai", "content": "A"}]},
        [{"update": {"messages": [{"type": "ai", "content": "A"}]}}],
        {"message": {"role": "assistant", "blocks": [{"block_type": "text", "text": "A"}]}},
        {"role": "assistant", "type": "message", "content": [{"type": "text", "text": "A"}]},
        {"kind": "response", "parts": [{"part_kind": "text", "content": "A"}]},
        {"response": "A", "source_nodes": []},
    ],
    ids=str,
)
def test_an_answer_is_found_wherever_it_stands(outputs):
    assert answers_in(outputs) == [ChatMessage("assistant", [Part("text", text="A")])]


def test_dspys_reasoning_stands_apart():
    (message,) = answers_in({"reasoning": "hm", "answer": "A"})
    assert message.parts == [Part("reasoning", text="hm"), Part("text", text="A")]


def test_a_refusal_is_an_answer():
    (message,) = answers_in({"choices": [{"message": {"role": "assistant", "content": None, "refusal": "No."}}]})
    assert message.parts == [Part("refusal", text="No.")]


def test_an_answer_that_is_json_stays_as_the_model_wrote_it():
    text = '{"policy_no": "NHP-1"}'
    assert answers_in(text)[0].parts == [Part("text", text=text)]


def test_the_repr_of_an_object_is_no_answer():
    assert answers_in({"replies": ["ChatMessage(_role=<ChatRole.ASSISTANT>, _content=[Text…"]}) == []


def test_the_history_in_an_agents_state_is_no_answer():
    assert answers_in({"messages": [{"role": "user", "content": "Q"}]}) == []


@pytest.mark.parametrize(
    ("outputs", "document"),
    [
        (
            [{"page_content": "T", "metadata": {"doc_uri": "u", "title": "t", "score": 0.5}, "id": "1"}],
            Document("T", "t", "u", "1", 0.5, {"doc_uri": "u", "title": "t", "score": 0.5}),
        ),
        ([{"node": {"text": "T", "id_": "1", "metadata": {}}, "score": -0.1}], Document("T", doc_id="1", score=-0.1)),
        (
            {"documents": [{"content": "T", "id": "1", "meta": {"url": "u"}, "score": 3.5}]},
            Document("T", "", "u", "1", 3.5, {"url": "u"}),
        ),
        (["T"], Document("T")),
        ({"page_content": "T"}, Document("T")),
    ],
    ids=["mlflow", "llamaindex", "haystack", "texts", "one"],
)
def test_every_vendors_passage_is_a_document(outputs, document):
    assert documents_in(outputs) == [document]


# Spans


def test_mlflow_values_are_read_structured_and_as_json():
    said = {"question": 'What is "4711"?'}
    structured = {"mlflow.spanType": "CHAIN", "mlflow.spanInputs": said, "mlflow.spanOutputs": '"4711" is a number'}
    as_json = {key: json.dumps(value) for key, value in structured.items()}
    for attributes in (structured, as_json):
        reading = read_span(a_span(attributes))
        assert (reading.span_type, reading.inputs, reading.outputs) == ("CHAIN", said, '"4711" is a number')


@pytest.mark.parametrize(
    "chunks",
    [
        [{"choices": [{"delta": {"content": text}}]} for text in ("The wait", "ing time")] + [{"choices": []}],
        [
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}
            for text in ("The wait", "ing time")
        ],
        [{"type": "response.output_text.delta", "delta": text} for text in ("The wait", "ing time")],
        [{"type": "AIMessageChunk", "content": text} for text in ("The wait", "ing time")],
        ["The wait", "ing time"],
    ],
    ids=["openai", "anthropic", "responses", "langchain", "text"],
)
def test_a_broken_stream_shows_what_came_before_it_broke(chunks):
    events = [
        {"name": f"mlflow.chunk.item.{number}", "attributes": {"mlflow.chunk.value": json.dumps(chunk)}}
        for number, chunk in enumerate(chunks)
    ]
    events.append({"name": "exception", "attributes": {"exception.type": "a.Closed", "exception.message": "peer left"}})
    reading = read_span(a_span({"mlflow.spanType": "CHAT_MODEL"}, events=events, status="ERROR"))
    assert reading.answer == [ChatMessage("assistant", [Part("text", text="The waiting time")])]
    assert reading.error == "Closed: peer left"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"status": "OK", "status_message": "ignored"}, ""),
        ({"status": "ERROR", "status_message": "no luck"}, "no luck"),
        ({"status": "ERROR", "attributes": {"error.type": "Timeout"}}, "Timeout"),
        ({"status": "ERROR"}, "Failed without a message."),
    ],
)
def test_why_a_span_failed_is_told_in_words(fields, error):
    assert read_span(a_span(**fields)).error == error


def test_a_search_after_the_genai_conventions_tells_its_question_and_its_documents():
    documents = [{"id": "d1", "score": 0.9, "title": "Ways in", "content": "A link works once."}]
    attributes = {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.query.text": "sign in"}
    reading = read_span(a_span(attributes | {"gen_ai.retrieval.documents": json.dumps(documents)}))

    assert reading.span_type == "RETRIEVER"
    assert reading.inputs == "sign in"
    (found,) = reading.documents
    assert (found.doc_id, found.title, found.text, found.score) == ("d1", "Ways in", "A link works once.", 0.9)


def test_json_inside_a_string_is_decoded_to_a_sane_depth():
    assert decoded('{"a": [1]}') == {"a": [1]}
    assert decoded("[" * 60 + "]" * 60) != "[" * 60 + "]" * 60
    for text in ("[" * 70 + "]" * 70, "{", "no json", "[1", ""):
        assert decoded(text) == text


# Whatever arrives, a span can be read: a page must open, and an intake must not fail.

ODD = [
    None, 5, 1e300, True, "x", "{}", "[1]", [], {}, [[]], [None], [5], {"type": "tool"}, {"type": []}, {"role": {}},
    {"choices": [5]}, {"generations": [[5]]}, {"update": []}, {"kind": "request", "parts": [None, {"part_kind": []}]},
    {"lc": 1, "kwargs": {}}, {"toolUse": 5, "toolResult": None}, [["user", [5]]], {"node": 5, "metadata": [5]},
]  # fmt: skip


def mangled(value, rng: random.Random):
    if rng.random() < 0.08:
        return copy.deepcopy(rng.choice(ODD))
    if isinstance(value, dict):
        return {key: mangled(item, rng) for key, item in value.items()}
    if isinstance(value, list):
        return [mangled(item, rng) for item in value]
    if isinstance(value, str) and isinstance(inner := decoded(value), dict | list):
        return json.dumps(mangled(inner, rng))
    return value


@pytest.mark.parametrize("seed", range(5))
def test_spans_with_values_of_the_wrong_shape_can_be_read(seed):
    rng = random.Random(seed)
    small = [name for name in scenarios() if not name.endswith(("bigdoc", "strings", "invalid"))]
    for name in small:
        for span in told_spans_of(name):
            span.attributes = {key: mangled(value, rng) for key, value in span.attributes.items()}
            for event in span.events:  # an object each: the intake sees to it
                event["attributes"] = {key: mangled(value, rng) for key, value in event["attributes"].items()}
            span.logs = span.logs and [{**record, "body": mangled(record["body"], rng)} for record in span.logs]
            read_header(span)
            read_span(span)


def test_a_number_without_end_in_a_name_is_no_error():
    number = "9" * 5000
    attributes = {
        "openinference.span.kind": "LLM",
        f"llm.input_messages.{number}.message.content": "Hello",
        "llm.input_messages.0.message.content": "Good morning",
    }
    assert [message.parts[0].text for message in read_span(a_span(attributes)).messages] == ["Good morning"]
