"""What applications do on the way, as every database can hold it.

Texts are mended before: chat/protocols/mending.py.
"""

from __future__ import annotations

from dataclasses import replace

from chat.events import Event, Json, ToolCall, ToolResult
from traces.ingest.incoming import TooDeep, clean_json


def cleaned(event: Event) -> Event:
    """Return the event without NaN, and without data that is nested beyond measure."""
    match event:
        case ToolCall():
            return replace(event, arguments=holdable(event.arguments))
        case ToolResult():
            return replace(event, output=holdable(event.output))
    return event


def holdable(value: Json) -> Json:
    try:
        return clean_json(value)
    except TooDeep:
        return None
