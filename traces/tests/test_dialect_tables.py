"""Each dialect's table, by spans that the corpus does not hold: other versions, other clients."""

from __future__ import annotations

import json
from typing import Any

import pytest

from traces.dialects import DIALECTS, dialect_of, read_header, read_span
from traces.dialects.spans import ChatMessage, SpanReading
from traces.ingest.incoming import IncomingSpan

QUESTION, ANSWER = "What is on my savings account?", "EUR 5,321.44."
CALL = ("tool_call", "lookup_account", {"nickname": "savings"})
RESULT = ("tool_result", "lookup_account", {"balance": 5312.44})


def a_span(attributes: dict[str, Any], *events: dict[str, Any], **fields: Any) -> IncomingSpan:
    """A finished span; objects among its attributes are sent as JSON, as instrumentations do."""
    sent = {key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in attributes.items()}
    return IncomingSpan("1" * 32, "a" * 16, 1, 2, attributes=sent, events=[*events], **fields)


def event(name: str, **attributes: Any) -> dict[str, Any]:
    sent = {key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in attributes.items()}
    return {"name": name, "time_unix_nano": 1, "attributes": sent}


def record(name: str, body: Any = None, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "time_unix_nano": 1, "body": body, "attributes": attributes}


def told(messages: list[ChatMessage]) -> list[tuple]:
    return [
        (message.role, part.kind, *((part.text,) if part.text and part.kind != "tool_result" else ()))
        if part.kind in {"text", "reasoning"}
        else (message.role, part.kind, part.tool_name, part.data)
        for message in messages
        for part in message.parts
    ]


WHOLE = [
    ("system", "text", "Be brief."),
    ("user", "text", QUESTION),
    ("assistant", *CALL),
    ("tool", *RESULT),
]
ARGUMENTS = json.dumps(CALL[2])
OPENAI_CALLS = [{"id": "c1", "type": "function", "function": {"name": "lookup_account", "arguments": ARGUMENTS}}]
OPENAI = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": QUESTION},
    {"role": "assistant", "content": None, "tool_calls": OPENAI_CALLS},
    {"role": "tool", "tool_call_id": "c1", "content": json.dumps(RESULT[2])},
]
PARTS = [
    {"role": "user", "parts": [{"type": "text", "content": QUESTION}]},
    {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "lookup_account", "arguments": CALL[2]}]},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": RESULT[2]}]},
]
SAID = [{"role": "assistant", "parts": [{"type": "text", "content": ANSWER}]}]

# How each instrumentation tells of one model call, the second of a turn.
MODEL_CALLS = {
    "genai, on the span": a_span(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
            "gen_ai.input.messages": PARTS,
            "gen_ai.output.messages": SAID,
        }
    ),
    "genai, in one log record": a_span(
        {"gen_ai.operation.name": "chat"},
        logs=[
            record(
                "gen_ai.client.inference.operation.details",
                **{
                    "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
                    "gen_ai.input.messages": PARTS,
                    "gen_ai.output.messages": SAID,
                },
            )
        ],
    ),
    "genai, in many log records": a_span(
        {"gen_ai.operation.name": "chat", "gen_ai.system": "openai"},
        logs=[
            record("gen_ai.system.message", {"content": "Be brief."}),
            record("gen_ai.user.message", {"content": QUESTION}),
            record("gen_ai.assistant.message", {"tool_calls": OPENAI_CALLS}),
            record("gen_ai.tool.message", {"content": json.dumps(RESULT[2]), "id": "c1"}),
            record("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"content": ANSWER}}),
        ],
    ),
    "genai, only the log records came": a_span(
        {"reviewapp.only_logged": True, "gen_ai.system": "openai"},
        logs=[
            record("gen_ai.system.message", {"content": "Be brief."}),
            record("gen_ai.user.message", {"content": QUESTION}),
            record("gen_ai.assistant.message", {"tool_calls": OPENAI_CALLS}),
            record("gen_ai.tool.message", {"content": json.dumps(RESULT[2]), "id": "c1"}),
            record("gen_ai.choice", {"message": {"role": "assistant", "content": ANSWER}}),
        ],
    ),
    "Strands, in events": a_span(
        {"gen_ai.operation.name": "chat", "gen_ai.system": "strands-agents"},
        event("gen_ai.system.message", content=[{"text": "Be brief."}]),
        event("gen_ai.user.message", content=[{"text": QUESTION}]),
        event(
            "gen_ai.assistant.message",
            content=[{"toolUse": {"toolUseId": "c1", "name": "lookup_account", "input": CALL[2]}}],
        ),
        event(
            "gen_ai.tool.message",
            content=[{"toolResult": {"toolUseId": "c1", "status": "success", "content": [{"json": RESULT[2]}]}}],
        ),
        event("gen_ai.choice", finish_reason="end_turn", message=[{"text": ANSWER}]),
    ),
    "Azure's clients, in two events": a_span(
        {"gen_ai.operation.name": "chat", "gen_ai.system": "az.ai.inference"},
        event("gen_ai.content.prompt", **{"gen_ai.prompt": OPENAI}),
        event("gen_ai.content.completion", **{"gen_ai.completion": [{"role": "assistant", "content": ANSWER}]}),
    ),
    "OpenLLMetry before 0.50": a_span(
        {
            "llm.request.type": "chat",
            "gen_ai.system": "OpenAI",
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "Be brief.",
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": QUESTION,
            "gen_ai.prompt.2.role": "assistant",
            "gen_ai.prompt.2.tool_calls.0.id": "c1",
            "gen_ai.prompt.2.tool_calls.0.name": "lookup_account",
            "gen_ai.prompt.2.tool_calls.0.arguments": ARGUMENTS,
            "gen_ai.prompt.3.role": "tool",
            "gen_ai.prompt.3.tool_call_id": "c1",
            "gen_ai.prompt.3.content": json.dumps(RESULT[2]),
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.finish_reason": "stop",
            "gen_ai.completion.0.content": ANSWER,
        }
    ),
    "OpenLLMetry, in a workflow": a_span(
        {
            "gen_ai.operation.name": "chat",
            "traceloop.workflow.name": "turn",
            "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
            "gen_ai.input.messages": PARTS,
            "gen_ai.output.messages": SAID,
        }
    ),
    "Agent Framework": a_span(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.input.messages": [
                {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
                PARTS[0],
                {"role": "assistant", "parts": [{**PARTS[1]["parts"][0], "arguments": ARGUMENTS}]},
                {"role": "tool", "parts": [{**PARTS[2]["parts"][0], "response": json.dumps(RESULT[2])}]},
            ],
            "gen_ai.output.messages": SAID,
        }
    ),
    "Langfuse": a_span(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.input": {"tools": [{"type": "function"}], "messages": OPENAI},
            "langfuse.observation.output": {"role": "assistant", "content": ANSWER},
        }
    ),
    "LangSmith": a_span(
        {
            "langsmith.span.kind": "llm",
            "gen_ai.operation.name": "chat",
            "gen_ai.prompt": {
                "messages": [
                    [
                        {"lc": 1, "kwargs": {"content": "Be brief.", "type": "system"}},
                        {"lc": 1, "kwargs": {"content": QUESTION, "type": "human"}},
                        {
                            "lc": 1,
                            "kwargs": {
                                "content": "",
                                "type": "ai",
                                "tool_calls": [
                                    {"name": "lookup_account", "args": CALL[2], "id": "c1", "type": "tool_call"}
                                ],
                            },
                        },
                        {"lc": 1, "kwargs": {"content": json.dumps(RESULT[2]), "type": "tool", "tool_call_id": "c1"}},
                    ]
                ]
            },
            "gen_ai.completion": {
                "generations": [[{"message": {"lc": 1, "kwargs": {"content": ANSWER, "type": "ai"}}}]]
            },
        }
    ),
    "Vercel 5": a_span(
        {
            "ai.operationId": "ai.generateText.doGenerate",
            "gen_ai.system": "openai.chat",
            "ai.prompt.messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [{"type": "text", "text": QUESTION}]},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "tool-call", "toolCallId": "c1", "toolName": "lookup_account", "input": CALL[2]}
                    ],
                },
                {
                    "role": "tool",
                    "content": [
                        {
                            "type": "tool-result",
                            "toolCallId": "c1",
                            "toolName": "lookup_account",
                            "output": {"type": "json", "value": RESULT[2]},
                        }
                    ],
                },
            ],
            "ai.response.text": ANSWER,
        }
    ),
    "Haystack": a_span(
        {
            "haystack.component.type": "OpenAIChatGenerator",
            "haystack.component.input": {
                "messages": [
                    {"role": "system", "content": [{"text": "Be brief."}], "meta": {}},
                    {"role": "user", "content": [{"text": QUESTION}], "meta": {}},
                    {
                        "role": "assistant",
                        "content": [{"tool_call": {"tool_name": "lookup_account", "arguments": CALL[2], "id": "c1"}}],
                    },
                    {
                        "role": "tool",
                        "content": [
                            {
                                "tool_call_result": {
                                    "result": json.dumps(RESULT[2]),
                                    "origin": {"tool_name": "lookup_account", "arguments": CALL[2], "id": "c1"},
                                    "error": False,
                                }
                            }
                        ],
                    },
                ]
            },
            "haystack.component.output": {
                "replies": [{"role": "assistant", "content": [{"text": ANSWER}], "meta": {}}]
            },
        }
    ),
    "pydantic-ai 1": a_span(
        {
            "gen_ai.operation.name": "chat",
            "model_request_parameters": {},
            "events": [
                {"event.name": "gen_ai.system.message", "role": "system", "content": "Be brief."},
                {"event.name": "gen_ai.user.message", "role": "user", "content": QUESTION},
                {"event.name": "gen_ai.assistant.message", "role": "assistant", "tool_calls": OPENAI_CALLS},
                {"event.name": "gen_ai.tool.message", "role": "tool", "id": "c1", "content": RESULT[2]},
                {"event.name": "gen_ai.choice", "index": 0, "message": {"role": "assistant", "content": ANSWER}},
            ],
        }
    ),
    "Logfire": a_span(
        {
            "logfire.msg": "Chat Completion with 'mock-large'",
            "gen_ai.request.model": "mock-large",
            "request_data": {"model": "mock-large", "messages": OPENAI},
            "response_data": {"message": {"role": "assistant", "content": ANSWER}, "usage": {"prompt_tokens": 3}},
        }
    ),
}


@pytest.mark.parametrize("name", MODEL_CALLS)
def test_a_model_call_reads_the_same_from_every_instrumentation(name):
    reading = read_span(MODEL_CALLS[name])

    assert reading.span_type == "CHAT_MODEL"
    assert told(reading.messages) == WHOLE
    assert told(reading.answer) == [("assistant", "text", ANSWER)]
    assert reading.inputs
    assert reading.outputs


TOOLS = {
    "genai": {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "lookup_account",
        "gen_ai.tool.call.arguments": CALL[2],
        "gen_ai.tool.call.result": RESULT[2],
    },
    "Langfuse": {"langfuse.observation.type": "tool", "langfuse.observation.input": CALL[2],
                 "langfuse.observation.output": RESULT[2]},
    "LangSmith": {"langsmith.span.kind": "tool", "gen_ai.tool.name": "lookup_account", "gen_ai.prompt": CALL[2],
                  "gen_ai.completion": {"output": {"type": "tool", "content": json.dumps(RESULT[2])}}},
    "OpenLLMetry, decorated": {"traceloop.span.kind": "tool", "traceloop.entity.name": "lookup_account",
                               "traceloop.entity.input": {"args": [], "kwargs": CALL[2]},
                               "traceloop.entity.output": RESULT[2]},
    "OpenLLMetry, LangChain": {
        "traceloop.span.kind": "tool",
        "gen_ai.tool.name": "lookup_account",
        "traceloop.entity.input": {"input_str": "{'nickname': 'savings'}", "tags": [], "metadata": {}},
        "traceloop.entity.output": {"output": {"lc": 1, "kwargs": {"content": json.dumps(RESULT[2])}}},
    },
    "Vercel": {"ai.operationId": "ai.toolCall", "ai.toolCall.name": "lookup_account", "ai.toolCall.args": CALL[2],
               "ai.toolCall.result": RESULT[2]},
    "pydantic-ai 1": {"gen_ai.tool.name": "lookup_account", "tool_arguments": CALL[2], "tool_response": RESULT[2]},
    "pydantic-ai 2": {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "lookup_account",
                      "tool_arguments": CALL[2], "tool_response": RESULT[2]},
    "Google's ADK": {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "lookup_account",
                     "gcp.vertex.agent.tool_call_args": CALL[2], "gcp.vertex.agent.tool_response": RESULT[2],
                     "gcp.vertex.agent.llm_request": "{}", "gcp.vertex.agent.llm_response": "{}"},
    "nobody's": {"span.type": "tool", "tool.name": "lookup_account", "acme.input": CALL[2], "acme.output": RESULT[2]},
}  # fmt: skip


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_reads_the_same_from_every_instrumentation(name):
    reading = read_span(a_span(TOOLS[name], name="lookup_account"))

    assert reading.span_type == "TOOL"
    assert ("tool_call", reading.tool_name, reading.tool_arguments) == CALL
    assert reading.tool_result == RESULT[2]
    assert reading.error == ""


def test_a_tool_of_strands_tells_itself_in_events():
    span = a_span(
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "lookup_account", "gen_ai.tool.status": "error"},
        event("gen_ai.tool.message", role="tool", content=CALL[2], id="c1"),
        event("gen_ai.choice", message=[{"text": "The bank is closed."}], id="c1"),
    )
    reading = read_span(span)

    assert (reading.tool_arguments, reading.tool_result) == (CALL[2], [{"text": "The bank is closed."}])
    assert "The bank is closed." in reading.error


DOCUMENTS = [{"page_content": "3.2 Escape of water.", "metadata": {"title": "Home Plus"}, "id": "NHP-3.2"}]
RETRIEVERS = {
    "Langfuse": {"langfuse.observation.type": "retriever", "langfuse.observation.output": DOCUMENTS},
    "LangSmith, whose operation is wrong": {
        "langsmith.span.kind": "retriever",
        "gen_ai.operation.name": "embeddings",
        "gen_ai.completion": {"documents": DOCUMENTS},
    },
    "OpenLLMetry": {
        "traceloop.span.kind": "task",
        "gen_ai.operation.name": "vector_db_retrieve",
        "traceloop.entity.output": {"documents": DOCUMENTS},
    },
    "Haystack": {
        "haystack.component.type": "InMemoryBM25Retriever",
        "haystack.component.output": {
            "documents": [{"id": "NHP-3.2", "content": "3.2 Escape of water.", "score": 1.2, "title": "Home Plus"}]
        },
    },
}


@pytest.mark.parametrize("name", RETRIEVERS)
def test_the_passages_read_the_same_from_every_instrumentation(name):
    reading = read_span(a_span(RETRIEVERS[name]))

    assert reading.span_type == "RETRIEVER"
    (document,) = reading.documents
    assert (document.doc_id, document.title, document.text) == ("NHP-3.2", "Home Plus", "3.2 Escape of water.")


RUNS = {
    "Haystack": {
        "haystack.pipeline.input_data": {"retriever": {"query": QUESTION}, "prompt": {"question": QUESTION}},
        "haystack.pipeline.output_data": {"llm": {"replies": [ANSWER], "meta": [{"model": "mock-large"}]}},
    },
    "Langfuse": {"langfuse.observation.type": "agent", "langfuse.observation.input": QUESTION,
                 "langfuse.observation.output": ANSWER},
    "LangSmith": {"langsmith.span.kind": "chain", "gen_ai.prompt": {"input": QUESTION},
                  "gen_ai.completion": {"output": ANSWER}},
    "OpenLLMetry": {"traceloop.span.kind": "workflow", "traceloop.entity.input": {"args": [QUESTION], "kwargs": {}},
                    "traceloop.entity.output": json.dumps(ANSWER)},
    "pydantic-ai 1": {"agent_name": "bank", "model_name": "mock-large", "final_result": ANSWER, "all_messages_events": [
        {"event.name": "gen_ai.user.message", "role": "user", "content": QUESTION}]},
    "pydantic-ai 2": {"gen_ai.operation.name": "invoke_agent", "final_result": ANSWER,
                      "pydantic_ai.all_messages": [PARTS[0], *SAID]},
    "Vercel": {"ai.operationId": "ai.streamText", "ai.prompt": {"prompt": QUESTION}, "ai.response.text": ANSWER,
               "ai.response.toolCalls": [{"toolCallId": "c1", "toolName": "lookup_account", "input": {}}]},
    "Vercel 3": {"ai.operationId": "ai.generateText", "ai.prompt": {"prompt": QUESTION}, "ai.result.text": ANSWER},
    "nobody's": {"acme.chat.question": QUESTION, "acme.chat.answer": ANSWER},
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_a_whole_run_tells_question_and_answer(name):
    reading = read_span(a_span(RUNS[name]))

    assert [part for part in told(reading.messages) if part[0] == "user"] == [("user", "text", QUESTION)]
    assert told(reading.answer) == [("assistant", "text", ANSWER)]


FACTS = {
    "langfuse": (
        {"langfuse.observation.type": "generation", "langfuse.observation.model.name": "m", "session.id": "s",
         "user.id": "u", "langfuse.observation.usage_details": {"prompt_tokens": 3, "completion_tokens": 4}},
        {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    ),
    "langsmith": (
        {"langsmith.span.kind": "llm", "gen_ai.request.model": "m", "langsmith.metadata.thread_id": "s",
         "langsmith.metadata.user_id": "u", "gen_ai.usage.input_tokens": 3, "gen_ai.usage.total_tokens": 7,
         "gen_ai.usage.output_tokens": 4},
        {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    ),
    "openllmetry": (
        {"gen_ai.operation.name": "chat", "traceloop.association.properties.chat_id": "s", "gen_ai.request.model": "m",
         "traceloop.association.properties.user_id": "u", "gen_ai.usage.input_tokens": 3},
        {"input_tokens": 3, "total_tokens": 3},
    ),
    "vercel": (
        {"ai.operationId": "ai.streamText.doStream", "ai.model.id": "m", "ai.telemetry.metadata.sessionId": "s",
         "ai.settings.context.userId": "u", "ai.usage.promptTokens": 3, "ai.usage.completionTokens": 4},
        {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    ),
    "pydantic_ai": (
        {"agent_name": "a", "model_name": "m", "final_result": "x", "gen_ai.conversation.id": "s", "user.id": "u",
         "all_messages_events": [], "gen_ai.aggregated_usage.input_tokens": 9},
        {},
    ),
    "logfire": (
        {"logfire.msg": "x", "request_data": {"model": "m"}, "gen_ai.conversation.id": "s", "enduser.id": "u",
         "response_data": {"usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}}},
        {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    ),
    "google_adk": (
        {"gcp.vertex.agent.session_id": "s", "user.id": "u", "gen_ai.request.model": "m",
         "gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 4},
        {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    ),
    "genai": (
        {"llm.request.type": "chat", "gen_ai.response.model": "m", "gen_ai.request.model": "n", "session.id": "s",
         "enduser.id": "u", "gen_ai.usage.prompt_tokens": 3, "gen_ai.usage.input_tokens": 3},
        {"input_tokens": 3, "total_tokens": 3},
    ),
    "plain": ({"model": "m", "session_id": "s", "user_id": "u"}, {}),
}  # fmt: skip


@pytest.mark.parametrize("dialect", FACTS)
def test_model_tokens_session_and_user_are_found(dialect):
    attributes, usage = FACTS[dialect]
    reading = read_header(a_span(attributes))

    assert reading.dialect == dialect
    assert (reading.model, reading.session_id, reading.user_id) == ("m", "s", "u")
    assert reading.usage == usage


def test_haystack_tells_model_and_tokens_in_the_reply():
    meta = {"model": "m", "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    replies = {"replies": [{"role": "assistant", "content": [{"text": ANSWER}], "meta": meta}]}
    reading = read_header(
        a_span({"haystack.component.type": "X.OpenAIChatGenerator", "haystack.component.output": replies})
    )

    assert (reading.model, reading.usage["total_tokens"]) == ("m", 7)


# Borrowed names: an instrumentation's own names count before the conventions that it follows besides.


@pytest.mark.parametrize(
    ("attributes", "dialect"),
    [
        ({"mlflow.spanType": "LLM", "gen_ai.operation.name": "chat"}, "mlflow"),
        ({"openinference.span.kind": "LLM", "langfuse.observation.type": "span"}, "openinference"),
        ({"langfuse.observation.type": "span", "gen_ai.operation.name": "chat"}, "langfuse"),
        ({"langsmith.span.kind": "llm", "gen_ai.operation.name": "chat"}, "langsmith"),
        ({"traceloop.span.kind": "task", "gen_ai.operation.name": "execute_task"}, "openllmetry"),
        ({"ai.operationId": "ai.embed", "gen_ai.system": "openai"}, "vercel"),
        ({"haystack.component.type": "X"}, "haystack"),
        ({"tool_arguments": "{}", "gen_ai.tool.name": "f"}, "pydantic_ai"),
        ({"request_data": "{}", "logfire.msg": "x", "gen_ai.operation.name": "chat"}, "logfire"),
        ({"gcp.vertex.agent.llm_request": "{}", "gen_ai.operation.name": "chat"}, "google_adk"),
        ({"gen_ai.operation.name": "chat"}, "genai"),
        ({"http.route": "/", "request_data": "x"}, "plain"),
        ({}, "plain"),
    ],
)
def test_the_order_of_recognition(attributes, dialect):
    assert dialect_of(attributes).name == dialect


def test_every_dialect_has_a_name_of_its_own():
    assert len({dialect.name for dialect in DIALECTS}) == len(DIALECTS)


# Failures.


def test_a_tool_that_is_to_be_tried_again_says_what_went_wrong():
    attributes = {"gen_ai.tool.name": "f", "tool_arguments": "{}", "tool_response": "Late.\n\nFix it and try again."}
    exception = event("exception", **{"exception.type": "pydantic_ai.ToolRetryError", "exception.message": ""})
    reading = read_span(a_span(attributes, exception, status="ERROR", status_message="ToolRetryError: "))

    assert reading.error.startswith("Late.")


def test_a_failed_tool_under_langgraph_has_a_status_of_its_own():
    message = {"type": "tool", "content": "ProgrammingError: no such column", "status": "error", "tool_call_id": "c1"}
    reading = read_span(a_span({"langsmith.span.kind": "tool", "gen_ai.completion": {"output": message}}, status="OK"))

    assert reading.error == "ProgrammingError: no such column"


def test_langfuse_tells_of_errors_by_level():
    attributes = {"langfuse.observation.type": "span", "langfuse.observation.level": "ERROR"}
    assert read_span(a_span(attributes)).error
    attributes["langfuse.observation.status_message"] = "Rate limit reached"
    assert read_span(a_span(attributes)).error == "Rate limit reached"


def test_an_exception_in_a_log_record_is_the_spans():
    span = a_span(
        {"gen_ai.operation.name": "chat"},
        status="ERROR",
        logs=[record("exception", **{"exception.type": "openai.RateLimitError", "exception.message": "Slow down"})],
    )
    assert read_span(span).error == "RateLimitError: Slow down"


# Reasoning, and answers that are no text.


def test_vercel_keeps_reasoning_calls_and_objects_apart():
    call = {"toolCallId": "c1", "toolName": "f", "input": {"a": 1}}
    step = read_span(
        a_span(
            {
                "ai.operationId": "ai.generateText.doGenerate",
                "ai.response.reasoning": [{"type": "reasoning", "text": "hm"}],
                "ai.response.text": "",
                "ai.response.toolCalls": [call],
            }
        )
    )
    assert told(step.answer) == [("assistant", "reasoning", "hm"), ("assistant", "tool_call", "f", {"a": 1})]
    made = read_span(a_span({"ai.operationId": "ai.generateObject", "ai.response.object": {"policy": "NHP-552"}}))
    assert json.loads(made.answer[0].parts[0].text) == {"policy": "NHP-552"}


def test_a_broken_stream_of_logfire_leaves_its_chunks():
    attributes = {"logfire.msg": "x", "request_data": {"messages": OPENAI[:2]}}
    reading = read_span(a_span(attributes | {"response_data": {"combined_chunk_content": "EUR 5,", "chunk_count": 2}}))
    assert told(reading.answer) == [("assistant", "text", "EUR 5,")]


# The fallback.


def details_of(attributes: dict[str, Any], **fields: Any) -> SpanReading:
    return read_span(a_span(attributes, **fields))


def test_a_span_that_nobody_knows_keeps_its_attributes_to_show():
    reading = details_of({"acme.ticket": "T-5", "acme.customer": {"plan": "gold"}})
    assert reading.details == {"acme.ticket": "T-5", "acme.customer": {"plan": "gold"}}


def test_what_the_network_sends_is_never_a_question():
    reading = details_of({"http.request.body.input": "x", "url.query": "q=1", "db.query.text": "SELECT 1"})
    assert (reading.messages, reading.inputs) == ([], None)


def test_log_records_of_a_span_that_nobody_knows_are_shown():
    reading = details_of({"reviewapp.only_logged": True}, logs=[record("acme.decided", {"why": "gold plan"})])
    assert reading.details == {"acme.decided": {"why": "gold plan"}}
