"""Events that every database and every socket can hold: no NUL, no halves of characters, nothing endlessly deep."""

from __future__ import annotations

import dataclasses

from chat.events import Event, Failed, Reasoning, Refusal, Source, Started, Text, ToolCall, ToolResult, TraceId
from traces.ingest.incoming import TooDeep, clean_json, clean_text

FIRST_HALVES = "\ud800", "\udbff"  # of a character that JSON writes as two escapes


class Cleaner:
    """Of one turn. Holds back half a character until the other half comes with the next delta."""

    def __init__(self) -> None:
        self.half: dict[type, str] = {}

    def clean(self, event: Event) -> Event:
        match event:
            case Text() | Reasoning() | Refusal():
                return self.clean_delta(event)
            case ToolCall() | ToolResult() | Source() | Started() | TraceId() | Failed():
                return clean_fields(event)
        return event

    def clean_delta(self, event: Text | Reasoning | Refusal) -> Event:
        kind, delta = type(event), event.delta
        if delta.isascii() and "\0" not in delta and kind not in self.half:
            return event
        delta = self.half.pop(kind, "") + delta
        if delta and FIRST_HALVES[0] <= delta[-1] <= FIRST_HALVES[1]:
            self.half[kind] = delta[-1]
            delta = delta[:-1]
        return kind(clean_text(delta))


def clean_fields(event: Event) -> Event:
    fields = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
    try:
        return dataclasses.replace(event, **{name: clean_json(value) for name, value in fields.items()})
    except TooDeep:
        told = {name: value for name, value in fields.items() if name in {"call_id", "name"}}
    return type(event)(**told) if told else event  # only calls and results are deep
