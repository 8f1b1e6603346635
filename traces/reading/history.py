"""A model call's messages as turns: what belongs to one answer stands in one message."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext

from traces.dialects.spans import ChatMessage, Part
from traces.reading.conversation import Message, Step
from traces.reading.wording import decoded, in_words, is_empty

FINAL_TOOLS = {"final_answer", "final_result", "submit_final_answer"}  # smolagents, pydantic-ai
FINAL_KEYS = ("answer", "final_answer", "result", "response")
SPOKEN = {"text", "refusal", "image", "audio", "file", "data"}


def system_text(messages: Iterable[ChatMessage]) -> str:
    """The standing instructions, each once."""
    texts = (part.text for m in messages if m.role == "system" for part in m.parts if part.text)
    return "\n\n".join(dict.fromkeys(text.strip() for text in texts))


def turns(messages: Iterable[ChatMessage], *, span_id: str, field: str) -> list[Message]:
    """Turn chat messages into turns; tool calls and results become steps of the answer they led to."""
    told: list[Message] = []
    extend(told, messages, span_id=span_id, field=field)
    return told


def extend(told: list[Message], messages: Iterable[ChatMessage], *, span_id: str, field: str) -> None:
    for message in messages:
        match message.role:
            case "user" if any(part.kind != "tool_result" for part in message.parts) or not message.parts:
                told.append(Message("user", spoken(message), message.name, span_id=span_id, anchor_field=field))
            case "user" | "tool":
                take_results(told, message)
            case "assistant":
                take_answer(told, message, span_id=span_id, field=field)


def take_answer(told: list[Message], message: ChatMessage, *, span_id: str, field: str) -> None:
    """Add what an assistant said to the turn it belongs to; said on the way to a tool, it is a step.

    The last thing that a model said is the answer all the same, even if it then asked for a tool.
    """
    turn = open_turn(told, message, span_id=span_id, field=field)
    calls = [part for part in message.parts if part.kind == "tool_call"]
    final = [part for part in calls if part.tool_name in FINAL_TOOLS]
    if calls and not final and field == "inputs":
        turn.steps.extend(note_of(part) for part in message.parts if part.kind in {"text", "reasoning"} and part.text)
    else:
        known = {(part.kind, part.text.strip()) for part in turn.parts if part.text}
        turn.parts.extend(p for p in message.parts if is_answer(p) and (p.kind, p.text.strip()) not in known)
        turn.span_id, turn.anchor_field = span_id, field
    turn.parts.extend(final_answer_of(part) for part in final)
    turn.steps.extend(step_of_call(part) for part in calls if part not in final)
    take_results(told, message)


def is_answer(part: Part) -> bool:
    return part.kind in SPOKEN or (part.kind == "reasoning" and bool(part.text))


def open_turn(told: list[Message], message: ChatMessage, *, span_id: str, field: str) -> Message:
    if not told or told[-1].role != "assistant":
        told.append(Message("assistant", [], span_id=span_id, anchor_field=field))
    told[-1].name = message.name or told[-1].name
    return told[-1]


def spoken(message: ChatMessage) -> list[Part]:
    return [part for part in message.parts if part.kind in SPOKEN]


def note_of(part: Part) -> Step:
    if part.kind == "reasoning":
        return Step(gettext("Thinking"), result=part.text, kind="thinking", done=True)
    return Step(gettext("Said on the way"), result=part.text, kind="note", done=True)


def step_of_call(part: Part) -> Step:
    return Step(in_words(part.tool_name), arguments=decoded(part.data), call_id=part.call_id)


def final_answer_of(part: Part) -> Part:
    """The answer that was given by calling a tool for it."""
    arguments = decoded(part.data)
    if isinstance(arguments, dict):
        text = next((arguments[key] for key in FINAL_KEYS if isinstance(arguments.get(key), str)), None)
        return Part("text", text=text) if text else Part("data", data=arguments)
    return Part("text", text=str(arguments or ""))


def take_results(told: list[Message], message: ChatMessage) -> None:
    """Give each result to the call that it answers."""
    steps = [step for turn in told for step in turn.steps if step.kind == "tool"]
    for part in message.parts:
        if part.kind != "tool_result":
            continue
        step = next((s for s in steps if s.call_id and s.call_id == part.call_id), None) or next(
            (s for s in steps if not s.done and not s.call_id), None
        )
        if step is not None:
            finish(step, part)


def finish(step: Step, part: Part) -> None:
    result = decoded(part.text) if is_empty(part.data) else decoded(part.data)
    step.done = True
    if part.is_error:
        step.error = part.text or str(result)
    else:
        step.result = result
