"""The items that a Responses answer is made of: messages, reasoning, calls of tools and what they gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat.events import Event, Json, Reasoning, Refusal, ToolResult
from chat.protocols.decoding import name_of, text_of
from chat.protocols.sources import documents_in, sources_from

if TYPE_CHECKING:
    from chat.protocols.reading import AnswerReader

CALLS = {"function_call", "custom_tool_call", "mcp_call", "mcp_approval_request", "web_search_call",
         "file_search_call", "code_interpreter_call", "computer_call", "local_shell_call"}  # fmt: skip
OUTPUTS = {"function_call_output", "custom_tool_call_output", "computer_call_output", "local_shell_call_output"}
# Calls that another program is to run, or a person is to allow.
FOR_OTHERS = {"function_call", "custom_tool_call", "computer_call", "local_shell_call", "mcp_approval_request"}


class ResponseItems:
    """Reads each item once, however often it comes. Knows items by their ids, and messages also by their turn."""

    def __init__(self, reader: AnswerReader) -> None:
        self.reader = reader
        self.seen: set[Json] = set()  # ids of items that came as a whole
        self.with_delta: set[Json] = set()
        self.has_open_deltas = False  # since the last finished message: its id may be another than theirs
        self.with_reasoning: set[Json] = set()
        self.has_message = False
        self.is_waiting = False

    def saw_delta(self, item_id: Json) -> None:
        self.with_delta.add(item_id)
        self.has_open_deltas, self.has_message, self.is_waiting = True, True, False

    def saw_reasoning(self, item_id: Json) -> None:
        self.with_reasoning.add(item_id)

    @staticmethod
    def knows(kind: str) -> bool:
        return kind in CALLS or kind in OUTPUTS or kind in ("message", "reasoning")

    def added(self, item: dict[str, Any]) -> list[Event]:
        """Read an item that has just begun."""
        if item.get("type") not in CALLS or item.get("id") in self.reader.calls.pending:
            return []
        return [*self.reader.calls.begin(item.get("id"), item.get("call_id") or item.get("id"), name_of_call(item))]

    def again(self, item: dict[str, Any]) -> list[Event]:
        """Read an item of the list at the end of a stream, if it is new."""
        item_id = item.get("id") or item.get("call_id")
        if item_id in self.seen or item.get("type") == "message" and self.has_message:
            return []
        return self.done(item)

    def done(self, item: dict[str, Any]) -> list[Event]:
        """Read a finished item."""
        kind, item_id = item.get("type", "message"), item.get("id") or item.get("call_id")
        if kind in OUTPUTS:
            return self.output(item)
        is_new = item_id is None or item_id not in self.seen
        self.seen.add(item_id)
        if kind == "message":
            return self.message(item)
        if kind == "reasoning" and is_new and item_id not in self.with_reasoning:
            text = "\n\n".join(text_of([part]) for part in item.get("summary") or item.get("content") or ())
            return [Reasoning(text)] if text else []
        return self.call(item) if kind in CALLS and is_new else []

    def message(self, item: dict[str, Any]) -> list[Event]:
        has_come = self.has_open_deltas or item.get("id") in self.with_delta
        self.has_open_deltas, self.has_message, self.is_waiting = False, True, False
        content = item.get("content")
        if isinstance(content, str):
            content = [{"type": "output_text", "text": content}]
        events: list[Event] = []
        for part in content or ():
            if not has_come and isinstance(part.get("refusal"), str):
                events.append(Refusal(part["refusal"]))
            elif not has_come:
                events += self.reader.words(part.get("text"), item.get("id"))
            events += self.reader.new_sources(sources_from(part.get("annotations") or []))
        return events

    def call(self, item: dict[str, Any]) -> list[Event]:
        """Read a call with its arguments, and what it gave where the server ran it itself."""
        calls, key = self.reader.calls, item.get("id")
        call_id = item.get("call_id") or item.get("id")
        begun = [] if key in calls.pending else calls.begin(key, call_id, name_of_call(item))
        given = next(
            (item[name] for name in ("arguments", "input", "code", "queries", "action") if item.get(name)), None
        )
        finished = calls.finish(key, given)
        self.is_waiting = item.get("type") in FOR_OTHERS
        found = item.get("results") or (item.get("action") or {} if key else {})
        sources = sources_from(item.get("results") or (found.get("sources") if isinstance(found, dict) else None))
        output = item.get("output") or item.get("outputs") or item.get("results")
        result = (
            [ToolResult(name_of(call_id), output, text_of(item.get("error")))] if output or item.get("error") else []
        )
        return [*(finished or begun), *result, *self.reader.new_sources(sources)]

    def output(self, item: dict[str, Any]) -> list[Event]:
        self.is_waiting = False
        key = ("output", item.get("call_id"))
        if key in self.seen:
            return []
        self.seen |= {key, item.get("id")}
        output = item.get("output")
        result = ToolResult(name_of(item.get("call_id")), output)
        return [result, *self.reader.new_sources(documents_in(output))]


def name_of_call(item: dict[str, Any]) -> str:
    return name_of(item.get("name")) or str(item.get("type", "")).removesuffix("_call")
