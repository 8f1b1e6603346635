"""The question or the answer inside a program's inputs and outputs."""

from __future__ import annotations

from typing import Any

from traces.reading.wording import decoded, is_empty

QUESTION_KEYS = (
    "question", "query", "input", "user_input", "user_message", "prompt", "message", "text", "user_query", "request",
    "content", "topic", "task", "q",
)  # fmt: skip
ANSWER_KEYS = (
    "answer", "output", "response", "final_answer", "final_output", "result", "output_text", "completion", "text",
    "message", "content", "reply", "generation", "raw", "return_value",
)  # fmt: skip
WRAPPERS = ("args", "kwargs", "inputs", "outputs", "data", "value")
MAX_DEPTH = 6


def question_in(value: Any) -> str:
    """Return the one text that a person can have asked, or nothing."""
    return text_in(value, QUESTION_KEYS, last_of="user")


def answer_in(value: Any) -> str:
    """Return the one text that was the answer, or nothing."""
    return text_in(value, ANSWER_KEYS, last_of="assistant")


def text_in(value: Any, keys: tuple[str, ...], *, last_of: str, depth: int = 0) -> str:
    value = decoded(value)
    if depth > MAX_DEPTH or is_empty(value):
        return ""
    match value:
        case str():
            return value
        case list():
            return text_in_list(value, keys, last_of=last_of, depth=depth)
        case dict():
            return text_in_record(value, keys, last_of=last_of, depth=depth)
    return ""


def text_in_record(value: dict[str, Any], keys: tuple[str, ...], *, last_of: str, depth: int) -> str:
    if isinstance(value.get("messages"), list):
        return text_in_list(value["messages"], keys, last_of=last_of, depth=depth + 1)
    names = [key for key in (*keys, *WRAPPERS) if not is_empty(value.get(key))]
    return next(filter(None, (text_in(value[n], keys, last_of=last_of, depth=depth + 1) for n in names)), "")


def text_in_list(value: list[Any], keys: tuple[str, ...], *, last_of: str, depth: int) -> str:
    spoken = [item for item in value if isinstance(item, dict) and ("role" in item or "type" in item)]
    aliases = {"user": {"user", "human"}, "assistant": {"assistant", "ai", "model"}}[last_of]
    mine = [m for m in spoken if str(m.get("role") or m.get("type")).lower() in aliases]
    if mine:
        return text_in(mine[-1], ("content", "text", *keys), last_of=last_of, depth=depth + 1)
    if spoken and all(item.get("type") == "text" for item in spoken):
        return "\n\n".join(str(item.get("text") or "") for item in spoken)
    return text_in(value[0], keys, last_of=last_of, depth=depth + 1) if len(value) == 1 else ""
