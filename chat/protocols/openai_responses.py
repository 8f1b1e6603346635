"""OpenAI Responses.

Address: a base as https://host/v1 (or https://host), or the full …/responses, or …/invocations.
Source: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from typing import Any

from chat.events import Event, Failed, Fault, Json, Reason, Reasoning, Refusal
from chat.models.endpoints import Target
from chat.prompts import Prompt, PromptMessage
from chat.protocols.asking import Request, body_of, headers_of, url_of
from chat.protocols.decoding import text_of
from chat.protocols.failures import failure_in
from chat.protocols.reading import AnswerReader
from chat.protocols.response_items import ResponseItems
from chat.protocols.sources import source_from

ENDS = ("response.completed", "responses.completed", "response.done", "response.incomplete", "response.failed",
        "response.cancelled")  # fmt: skip
REASONING = ("response.reasoning_summary_text.delta", "response.reasoning_text.delta", "response.reasoning.delta",
             "response.reasoning_summary.delta")  # fmt: skip
ARGUMENTS = ("response.function_call_arguments.delta", "response.mcp_call_arguments.delta",
             "response.custom_tool_call_input.delta", "response.code_interpreter_call_code.delta")  # fmt: skip


def request(target: Target, prompt: Prompt) -> Request:
    defaults = {"model": target.model, "stream": True, "instructions": target.system_prompt}
    return Request(
        url=url_of(target.url, "/responses", root="/v1", whole=("/invocations",)),
        headers=headers_of(target, prompt),
        body=body_of(target, defaults, {"input": [item_of(message) for message in prompt.messages]}),
    )


def item_of(message: PromptMessage) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.text}
    parts: list[dict[str, Any]] = [{"type": "input_text", "text": message.text}] if message.text else []
    parts += [{"type": "input_image", "image_url": image, "detail": "auto"} for image in message.images]
    return {"role": message.role, "content": parts}


class Reader(AnswerReader):
    """The text comes up to four times: deltas count, and the finished item only where it had none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = ResponseItems(self)
        self.reasoning_part: tuple[Json, Json] | None = None

    def event(self, name: str, value: dict[str, Any]) -> list[Event]:
        kind = value.get("type") or name
        if kind == "response.output_text.delta":
            self.items.saw_delta(value.get("item_id"))
            return self.words(value.get("delta"), value.get("item_id"))
        if kind in REASONING:
            return self.reasoning(value)
        if kind in ARGUMENTS:
            self.calls.add(value.get("item_id"), value.get("delta"))
            return []
        if kind == "response.output_item.done":
            return self.items.done(value["item"])
        if kind in ENDS:
            return self.end(value.get("response") or {})
        return self.rarer(kind, value)

    def rarer(self, kind: str, value: dict[str, Any]) -> list[Event]:
        if kind == "response.output_item.added":
            return self.items.added(value["item"])
        if kind == "response.refusal.delta":
            self.items.saw_delta(value.get("item_id"))
            return [Refusal(value["delta"])]
        if kind == "response.output_text.annotation.added":
            source = source_from(value.get("annotation"))
            return self.new_sources([source] if source else [])
        if kind in ("response.created", "response.queued"):
            return self.started(value["response"].get("id"), value["response"].get("model"))
        if kind.startswith(("response.", "responses.")) or not self.telling.isdisjoint(value):
            return []  # more of the same, or only the id of a trace
        return (
            self.items.done(value) if self.items.knows(kind) else self.not_read(value)
        )  # an item as it is: Databricks

    def reasoning(self, value: dict[str, Any]) -> list[Event]:
        """Return reasoning; each part of a summary is a paragraph."""
        part = (value.get("item_id"), value.get("summary_index"))
        is_next, self.reasoning_part = self.reasoning_part not in (None, part), part
        self.items.saw_reasoning(value.get("item_id"))
        return [Reasoning(("\n\n" if is_next else "") + text_of(value.get("delta")))]

    def end(self, response: dict[str, Any]) -> list[Event]:
        """Read the whole response at the end of a stream, for what did not come before."""
        events = [event for item in response.get("output") or () for event in self.items.again(item)]
        self.is_over = True
        return [*events, *self.close_of(response)]

    def whole(self, value: dict[str, Any]) -> list[Event]:
        if not isinstance(value["output"], list):
            return self.not_read(value)
        events = self.started(value.get("id"), value.get("model"))
        for item in value["output"]:
            events += self.items.done(item)
        return [*events, *self.close_of(value)]

    def close_of(self, response: dict[str, Any]) -> list[Event]:
        self.used(response.get("usage"))
        status, error = response.get("status"), response.get("error")
        told = self.told(response)
        if status == "failed" or error:
            return [*told, *self.fail(failure_in(error or {}))]
        if status == "cancelled":
            return [*told, *self.fail(Failed(Fault.BROKEN, "cancelled"))]
        self.finished((response.get("incomplete_details") or {}).get("reason"))
        self.over(Reason.LENGTH if status == "incomplete" else Reason.STOP)
        return [*told]

    def over(self, reason: Reason) -> list[Event]:
        """End; an answer whose last item is a call that nobody ran waits for a tool."""
        return super().over(Reason.TOOL_CALLS if reason is Reason.STOP and self.items.is_waiting else reason)
