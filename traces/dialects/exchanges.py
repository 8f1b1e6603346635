"""Questions and answers inside a span's inputs and outputs, whatever the vendor called them."""

from __future__ import annotations

from typing import Any

from traces.dialects.blocks import drawn, part_of_text, parts_of
from traces.dialects.decoding import as_dict, as_list, decoded, text_of
from traces.dialects.messages import looks_like_messages, messages_of, tidied
from traces.dialects.spans import ChatMessage, Document, Json, Part, SpanReading

# In order of precedence: where applications put a conversation, and a lone question or answer.
CONVERSATIONS = ("messages", "input", "contents", "prompt", "chat_history", "inputs", "message_history", "args")
INSTRUCTIONS = ("system", "instructions", "system_instruction", "system_prompt")
QUESTIONS = (
    "question", "query", "user_prompt", "user_input", "user_message", "input", "prompt", "message", "text", "task",
    "request", "query_str", "str_or_query_bundle", "query_bundle", "inputs", "topic", "kickoff_inputs",
)  # fmt: skip
ANSWERS = (
    "answer", "response", "output", "final_output", "result", "text", "content", "completion", "reply", "replies",
    "final_answer", "raw", "message", "value",
)  # fmt: skip

# Python's repr of an object, often cut short: some frameworks send it; the text stands whole in another span.
REPRS = ("ChatMessage(", "Document(")


def messages_in(inputs: Json) -> list[ChatMessage]:
    """Return the conversation that went in; a lone question becomes one message of the user."""
    if isinstance(inputs, dict):
        system = [ChatMessage("system", parts_of(inputs[key])) for key in INSTRUCTIONS if inputs.get(key)]
        for key in CONVERSATIONS:
            if looks_like_messages(inputs.get(key)):
                return tidied(system + messages_of(inputs[key]))
        question = question_in(inputs)
        return system + [ChatMessage("user", [part_of_text(question)])] if question else system
    if looks_like_messages(inputs):
        return messages_of(inputs)
    question = question_in(inputs)
    return [ChatMessage("user", [part_of_text(question)])] if question else []


def question_in(inputs: Json) -> str:
    """Return what was asked, or nothing where no field is known to hold a question."""
    return _text_at(inputs, QUESTIONS)


def answers_in(outputs: Json) -> list[ChatMessage]:
    """Return the message(s) that came out, reasoning and tool calls included."""
    if isinstance(outputs, list) and len(outputs) == 1 and isinstance(outputs[0], dict | list | str):
        return answers_in(outputs[0])
    if isinstance(outputs, dict):
        found = _of_vendor(outputs)
        if found:
            return found
    elif looks_like_messages(outputs):
        return _last_turn(messages_of(outputs))
    answer = _text_at(outputs, ANSWERS)
    reasoning = outputs.get("reasoning") if isinstance(outputs, dict) else None
    parts = [Part("reasoning", text=reasoning)] if isinstance(reasoning, str) and reasoning and answer else []
    return [ChatMessage("assistant", [*parts, part_of_text(answer)])] if answer else []


def _of_vendor(outputs: dict[str, Any]) -> list[ChatMessage]:
    """Read a vendor's response object, told by the field that holds the answer."""
    if isinstance(choices := outputs.get("choices"), list):  # OpenAI chat; LangChain under MLflow
        choice = as_dict(choices[0] if choices else None)
        return messages_of(choice.get("message") or choice.get("delta"))
    if parts := drawn([each for each in as_list(outputs.get("data")) if isinstance(each, dict)]):  # OpenAI images
        return [ChatMessage("assistant", parts)]
    if isinstance(generations := outputs.get("generations"), list):  # LangChain: of each prompt, each candidate
        candidates = as_list(generations[0] if generations else None)
        return messages_of(as_dict(candidates[0] if candidates else None).get("message"))
    if isinstance(update := outputs.get("update"), dict):  # LangGraph's Command
        return answers_in(update)
    if isinstance(found := outputs.get("output"), list) and looks_like_messages(found):  # OpenAI Responses
        return messages_of([item for item in found if isinstance(item, dict)])
    if looks_like_messages(found := outputs.get("messages")):
        return _last_turn(messages_of(found))
    if isinstance(found := outputs.get("message"), dict) and (read := messages_of(found)):  # LlamaIndex
        return read
    return messages_of(outputs)  # Anthropic, pydantic-ai: the response is the message


def _last_turn(messages: list[ChatMessage]) -> list[ChatMessage]:
    """Return the closing message of the assistant: state of an agent repeats the whole history."""
    return messages[-1:] if messages and messages[-1].role == "assistant" else []


def _text_at(value: Json, keys: tuple[str, ...], *, depth: int = 0) -> str:
    if isinstance(value, str):
        return "" if value.startswith(REPRS) else value
    if isinstance(value, list) and len(value) == 1:
        return _text_at(value[0], keys, depth=depth + 1)
    if not isinstance(value, dict) or depth > 4:
        return ""
    for key in keys:
        if value.get(key) and (text := _text_at(value[key], keys, depth=depth + 1)):
            return text
    only = next(iter(value.values())) if len(value) == 1 else None
    return _text_at(only, keys, depth=depth + 1) if isinstance(only, dict) else ""


def read_tool(reading: SpanReading, name: str) -> None:
    """Fill in a tool's side of a reading from its inputs and outputs.

    LangChain wraps the result in a message, which also tells of a failure that was turned into text.
    """
    reading.tool_name = name
    reading.tool_arguments = reading.inputs
    reading.tool_result = reading.outputs
    message = reading.outputs if isinstance(reading.outputs, dict) else {}
    if "lc" in message and isinstance(message.get("kwargs"), dict):  # LangChain's serialised form
        message = {"type": "tool", **message["kwargs"]}
    if message.get("type") == "tool":
        for part in (part for each in messages_of(message) for part in each.parts):
            reading.tool_result = part.data
            reading.error = reading.error or (part.text if part.is_error else "")


def unwrapped_output(outputs: Json) -> Json:
    """Return what stands alone in LangChain's `{"output": …}` or `{"outputs": …}`; anything else as it is."""
    if isinstance(outputs, dict):
        for key in ("output", "outputs"):
            if key in outputs and not outputs.keys() - {key, "kwargs", "tags", "metadata"}:
                return decoded(outputs[key])
    return outputs


def documents_in(outputs: Json) -> list[Document]:
    """Return the passages of a retriever's outputs: a list, or an object that holds one."""
    outputs = decoded(outputs)
    if isinstance(outputs, dict):
        outputs = next((outputs[key] for key in ("documents", "nodes", "results") if key in outputs), [outputs])
    if not isinstance(outputs, list):
        return []
    read = [document_of(entry) for entry in outputs if isinstance(entry, dict | str)]
    return [document for document in read if document.text or document.title or document.url]


def document_of(entry: Json) -> Document:
    """Read one passage: MLflow's and LangChain's `page_content`, LlamaIndex's node, Haystack's `content`."""
    if isinstance(entry, str):
        return Document(text=entry)
    score = entry.get("score")
    if isinstance(node := entry.get("node"), dict):
        entry = node
    metadata = entry.get("metadata") or entry.get("meta") or {}
    metadata = metadata if isinstance(metadata, dict) else {"metadata": metadata}
    text = next((entry[key] for key in ("page_content", "content", "text") if isinstance(entry.get(key), str)), "")
    score = metadata.get("score") if score is None else score
    return Document(
        text=text,
        title=_first(metadata, entry, "title", "name", "file_name"),
        url=_first(metadata, entry, "url", "doc_uri", "uri", "source", "link"),
        doc_id=text_of(entry.get("id") or entry.get("id_") or metadata.get("id")),
        score=float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None,
        metadata=metadata,
    )


def _first(metadata: dict[str, Any], entry: dict[str, Any], *keys: str) -> str:
    for source in (metadata, entry):
        for key in keys:
            if isinstance(source.get(key), str) and source[key]:
                return str(source[key])
    return ""
