"""Spans after OpenInference: Arize's instrumentations, and those that follow them.

Messages, documents and tools are flattened into attributes with numbers in their names.
"""

from __future__ import annotations

from typing import Any

from traces.dialects.blocks import part_of, tool_call, tool_result
from traces.dialects.decoding import as_dict, as_list, decoded, text_of, whole_number
from traces.dialects.exchanges import answers_in, document_of, documents_in, messages_in, read_tool
from traces.dialects.failures import error_of
from traces.dialects.flattened import in_order, unflattened
from traces.dialects.messages import ROLES, tidied
from traces.dialects.spans import ChatMessage, Document, Json, Part, SpanLike, SpanReading

name = "openinference"

KIND = "openinference.span.kind"
USAGE = {
    "input_tokens": "llm.token_count.prompt",
    "output_tokens": "llm.token_count.completion",
    "total_tokens": "llm.token_count.total",
}
MODEL, EMBEDDING_MODEL = "llm.model_name", "embedding.model_name"


def recognises(attributes: dict[str, Any]) -> bool:
    return KIND in attributes


def header(span: SpanLike) -> SpanReading:
    attributes = span.attributes
    usage: dict[str, int] = {}
    for key, source in USAGE.items():
        if source in attributes and (count := whole_number(attributes[source])) is not None:
            usage[key] = count
    return SpanReading(
        span_type=text_of(attributes.get(KIND)).upper() or "UNKNOWN",
        model=text_of(attributes.get(MODEL) or attributes.get(EMBEDDING_MODEL)),
        usage=usage,
        session_id=text_of(attributes.get("session.id")),
        user_id=text_of(attributes.get("user.id")) or _user_in_metadata(attributes),
        dialect=name,
    )


def read(span: SpanLike) -> SpanReading:
    attributes = span.attributes
    reading = header(span)
    reading.inputs = _value(attributes, "input")
    reading.outputs = _value(attributes, "output")
    reading.error = error_of(span)
    if reading.span_type == "TOOL":
        read_tool(reading, text_of(attributes.get("tool.name")) or span.name)
    elif reading.span_type == "RETRIEVER":
        reading.documents = _documents(attributes, "retrieval.documents") or documents_in(reading.outputs)
    elif reading.span_type == "RERANKER":
        reading.documents = _documents(attributes, "reranker.output_documents")
    elif reading.span_type != "EMBEDDING":
        reading.messages = (
            _messages(attributes, "llm.input_messages") or _crew(attributes) or messages_in(reading.inputs)
        )
        reading.answer = _answer(attributes, reading.outputs)
    return reading


def _user_in_metadata(attributes: dict[str, Any]) -> str:
    """Return the user whom LangChain's configuration names: it arrives in the metadata only."""
    metadata = attributes.get("metadata")
    if not isinstance(metadata, str) or "user_id" not in metadata:
        return ""
    return text_of(as_dict(metadata).get("user_id"))


def _value(attributes: dict[str, Any], side: str) -> Json:
    value = attributes.get(f"{side}.value")
    is_json = attributes.get(f"{side}.mime_type", "application/json") == "application/json"
    return decoded(value) if is_json else value


def _crew(attributes: dict[str, Any]) -> list[ChatMessage]:
    """Return what a CrewAI crew was asked: its tasks; the inputs only fill their blanks."""
    tasks = [text_of(as_dict(task).get("description")) for task in as_list(attributes.get("crew_tasks"))]
    return [ChatMessage("user", [Part("text", text="\n\n".join(tasks))])] if tasks else []


def _answer(attributes: dict[str, Any], outputs: Json) -> list[ChatMessage]:
    """Read the output messages; a refusal has a role and no content there, its text is in the output alone."""
    answer = _messages(attributes, "llm.output_messages")
    return answer if any(message.parts for message in answer) else answers_in(outputs)


def _messages(attributes: dict[str, Any], prefix: str) -> list[ChatMessage]:
    entries = [entry.get("message") for entry in unflattened(attributes, prefix)]
    return tidied(_message(entry) for entry in entries if isinstance(entry, dict))


def _message(entry: dict[str, Any]) -> ChatMessage:
    role = ROLES.get(text_of(entry.get("role")), "user")
    blocks = in_order(entry.get("contents"))
    parts = [part for block in blocks if (part := _block(block))]
    content = entry.get("content")
    if role == "tool" and not any(part.kind == "tool_result" for part in parts):
        result = content if content is not None else "\n".join(part.text for part in parts)
        return ChatMessage(role, [tool_result(result, entry.get("tool_call_id"), name=entry.get("name"))])
    if content and not any(part.kind == "text" for part in parts):
        parts.append(Part("text", text=text_of(content)))
    return ChatMessage(role, parts + _calls(entry, parts), name=text_of(entry.get("name")))


def _calls(entry: dict[str, Any], parts: list[Part]) -> list[Part]:
    """Return the calls beside the contents; Anthropic's instrumentation writes them in both places."""
    seen = {part.call_id for part in parts if part.kind == "tool_call"}
    calls = [_call(call.get("tool_call")) for call in in_order(entry.get("tool_calls"))]
    if "function_call_name" in entry:
        calls.append(tool_call(entry["function_call_name"], entry.get("function_call_arguments_json"), ""))
    return [call for call in calls if not call.call_id or call.call_id not in seen]


def _call(call: Json) -> Part:
    call = as_dict(call)
    function = as_dict(call.get("function"))
    return tool_call(function.get("name"), function.get("arguments"), call.get("id"))


def _block(block: dict[str, Any]) -> Part | None:
    content = as_dict(block.get("message_content"))
    if isinstance(block.get("tool_call"), dict):
        return _call(block["tool_call"])
    kind = content.get("type")
    if kind == "image":
        image = content.get("image") or {}
        return part_of({"type": "image", "image": image.get("image") or image})
    part = part_of(content) if kind else None
    return None if part and part.kind in {"text", "reasoning"} and not part.text else part


def _documents(attributes: dict[str, Any], prefix: str) -> list[Document]:
    entries = [entry.get("document") for entry in unflattened(attributes, prefix)]
    return [
        document_of({**entry, "metadata": as_dict(entry.get("metadata"))})
        for entry in entries
        if isinstance(entry, dict)
    ]
