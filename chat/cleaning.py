"""What applications do on the way, as every database can hold it. Texts are mended before: chat/protocols/mending.py."""

from __future__ import annotations

from dataclasses import replace

from chat.events import Event, ToolCall, ToolResult
from traces.ingest.incoming import TooDeep, clean_json


def cleaned(event: Event) -> Event:
    """Return the event without NaN, and without data that is nested beyond measure: of a call the name stays."""
    try:
        match event:
            case ToolCall():
                return replace(event, arguments=clean_json(event.arguments))
            case ToolResult():
                return replace(event, output=clean_json(event.output))
    except TooDeep:
        return type(event)(event.call_id, name=event.name)
    return event
