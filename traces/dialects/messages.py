"""Chat messages of every vendor as `ChatMessage`, told apart by their shape.

| shape | vendor |
|---|---|
| `{role, content, tool_calls}` | OpenAI chat, Anthropic (content blocks), litellm |
| `{type: message / function_call / reasoning / …}` | OpenAI Responses items |
| `{role, parts}` | GenAI conventions |
| `{role, blocks}` | LlamaIndex |
| `{type: human / ai / tool, content or data}`, `{lc, kwargs}`, `["user", "…"]` | LangChain |
| `{kind: request / response, parts: [{part_kind}]}` | pydantic-ai |
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from traces.dialects.blocks import part_of, parts_of, spoken, tool_call, tool_result
from traces.dialects.decoding import as_dict, as_list, decoded, text_of
from traces.dialects.spans import ChatMessage, Json, Part, Role

ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "HumanMessage": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "AIMessageChunk": "assistant",
    "model": "assistant",
    "chatbot": "assistant",
    "tool": "tool",
    "function": "tool",
    "ipython": "tool",
}
ITEMS: dict[str, Role] = {  # of the OpenAI Responses API: an item without a role
    "function_call": "assistant",
    "custom_tool_call": "assistant",
    "reasoning": "assistant",
    "function_call_output": "tool",
    "custom_tool_call_output": "tool",
}
PARTS_OF_PYDANTIC_AI: dict[str, Role] = {
    "system-prompt": "system",
    "instructions": "system",
    "user-prompt": "user",
    "tool-return": "tool",
    "retry-prompt": "tool",
    "text": "assistant",
    "thinking": "assistant",
    "tool-call": "assistant",
}


def messages_of(value: Json) -> list[ChatMessage]:
    """Read a message or a list of them; what is not a message is left out."""
    value = decoded(value)
    if isinstance(value, dict):
        return tidied(_read(value))
    if not isinstance(value, list):
        return []
    if _is_pair(value):
        return [ChatMessage(ROLES[value[0]], parts_of(value[1]))]
    return tidied(message for item in value for message in _read_item(item))


def looks_like_messages(value: Json) -> bool:
    """Say whether a value is a list of messages: its first entry tells."""
    value = decoded(value)
    return isinstance(value, list) and bool(value) and bool(_read_item(value[0]))


def _read_item(item: Json) -> list[ChatMessage]:
    if isinstance(item, dict):
        return _read(item)
    if isinstance(item, list) and _is_pair(item):
        return [ChatMessage(ROLES[item[0]], parts_of(item[1]))]
    if isinstance(item, list):  # LangChain sends a batch: one list of messages per prompt
        return [message for inner in item for message in _read_item(inner)]
    return []


def _is_pair(value: list[Any]) -> bool:
    return len(value) == 2 and isinstance(value[0], str) and value[0] in ROLES and isinstance(value[1], str | list)


def _read(message: dict[str, Any]) -> list[ChatMessage]:
    """Read one message; pydantic-ai's holds several roles at once."""
    if isinstance(message.get("kwargs"), dict) and "lc" in message:
        return _read(message["kwargs"])
    if message.get("kind") in ("request", "response") and isinstance(message.get("parts"), list):
        return list(_pydantic_ai(message))
    kind = text_of(message.get("type"))
    if kind in ROLES and isinstance(message.get("data"), dict):
        return _read({**message["data"], "type": kind})
    if kind in ITEMS:
        return [ChatMessage(ITEMS[kind], [part_of({**message, "type": kind.replace("custom_tool", "function")})])]
    role = ROLES.get(text_of(message.get("role") or kind).removeprefix("MessageRole."))
    return [_by_role(role, message)] if role else []


def _by_role(role: Role, message: dict[str, Any]) -> ChatMessage:
    content = next((message[key] for key in ("parts", "blocks", "content", "contents") if message.get(key)), None)
    name = text_of(message.get("name"))
    call_id = message.get("tool_call_id") or _extra(message, "tool_call_id")
    if role == "tool" and not _holds_results(content):
        failed = message.get("status") == "error"
        return ChatMessage(role, [tool_result(content, call_id, name=name, is_error=failed)])
    parts = [] if content is None else parts_of(content)
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        parts.insert(0, Part("reasoning", text=reasoning))
    if message.get("refusal"):
        parts.append(Part("refusal", text=text_of(message["refusal"])))
    if isinstance(sound := message.get("audio"), dict) and (sound.get("data") or sound.get("transcript")):
        parts.append(spoken(sound))
    return ChatMessage(role, parts + _calls(message, parts), name=name)


def _calls(message: dict[str, Any], parts: list[Part]) -> list[Part]:
    """Return the calls that stand beside the content, without those that stand in it."""
    seen = {part.call_id for part in parts if part.kind == "tool_call"}
    calls = as_list(message.get("tool_calls") or _extra(message, "tool_calls"))
    read = [part_of({"type": "tool_call", **_without_type(call)}) for call in calls if isinstance(call, dict)]
    if isinstance(old := message.get("function_call"), dict):
        read.append(tool_call(old.get("name"), old.get("arguments"), ""))
    return [call for call in read if not call.call_id or call.call_id not in seen]


def _extra(message: dict[str, Any], key: str) -> Json:
    return as_dict(message.get("additional_kwargs")).get(key)


def _without_type(block: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key != "type"}


def _holds_results(content: Json) -> bool:
    return isinstance(content, list) and any(
        part.kind == "tool_result" for part in parts_of([block for block in content if isinstance(block, dict)])
    )


def _pydantic_ai(message: dict[str, Any]) -> Iterable[ChatMessage]:
    if instructions := message.get("instructions"):
        yield ChatMessage("system", [Part("text", text=text_of(instructions))])
    for part in message["parts"]:
        role = PARTS_OF_PYDANTIC_AI.get(str(part.get("part_kind"))) if isinstance(part, dict) else None
        if role in {"user", "system"}:
            yield ChatMessage(role, parts_of(part.get("content")))
        elif role == "tool":
            failed = part["part_kind"] == "retry-prompt"
            result = tool_result(
                part.get("content"), part.get("tool_call_id"), name=part.get("tool_name"), is_error=failed
            )
            yield ChatMessage(role, [result])
        elif role == "assistant":
            yield ChatMessage(role, parts_of([part]))


def tidied(messages: Iterable[ChatMessage]) -> list[ChatMessage]:
    """Return the same conversation in one form, whoever recorded it.

    Tool results stand in messages of role tool (Anthropic sends them as the user's), each with
    its tool's name; pieces of one turn that came as messages of their own (reasoning, calls) are
    joined; repeated instructions (pydantic-ai) stand once.
    """
    tidy: list[ChatMessage] = []
    names: dict[str, str] = {}
    for message in (piece for whole in messages for piece in _without_results(whole)):
        for part in message.parts:
            if part.kind == "tool_call" and part.call_id:
                names[part.call_id] = part.tool_name
            elif part.kind == "tool_result" and not part.tool_name:
                part.tool_name = names.get(part.call_id, "")
        if tidy and _continues(tidy[-1], message):
            tidy[-1].parts.extend(message.parts)
        elif not (message.role == "system" and message in tidy):
            tidy.append(message)
    return tidy


def _without_results(message: ChatMessage) -> Iterable[ChatMessage]:
    results = [part for part in message.parts if part.kind == "tool_result"]
    if not results or message.role == "tool":
        return [message]
    others = [part for part in message.parts if part.kind != "tool_result"]
    split = [ChatMessage("tool", results)]
    return [*split, ChatMessage(message.role, others, message.name)] if others else split


def _continues(before: ChatMessage, message: ChatMessage) -> bool:
    """Say whether a message is the rest of the turn before it: reasoning, then calls, then the text."""
    if before.role != "assistant" or message.role != "assistant" or before.name != message.name:
        return False
    return all(part.kind in {"reasoning", "tool_call"} for part in before.parts) or all(
        part.kind == "tool_call" for part in message.parts
    )
