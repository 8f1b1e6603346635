"""Values of programs (JSON) as an outline that anybody can read: names in words, tables for lists of records."""

from __future__ import annotations

from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from traces.attachments import Attachment, read_reference
from traces.reading.rendering.characters import showable
from traces.reading.rendering.sanitising import clean
from traces.reading.wording import decoded, is_empty, label

MAX_DEPTH = 12  # deeper is drawn as text
MAX_ROWS = 500  # of one list or record
MAX_COLUMNS = 12  # of a table
MAX_SHORT_CHARS = 40  # of a value that stands in a row of others


def outline(value: Any) -> SafeString:
    """Return safe HTML of any decoded JSON value."""
    return clean(drawn(decoded(value), 0))


def drawn(value: Any, depth: int) -> str:
    if depth > MAX_DEPTH:
        return paragraph(gettext("(more, nested too deeply to draw)"))
    match value:
        case dict() if value:
            return record(value, depth)
        case list() if value:
            return table(value, depth) if is_table(value) else items(value, depth)
        case _:
            return scalar(value)


def record(value: dict[str, Any], depth: int) -> str:
    rows = "".join(
        f'<dt dir="auto">{escape(label(str(key)))}</dt><dd dir="auto">{drawn(decoded(item), depth + 1)}</dd>'
        for key, item in list(value.items())[:MAX_ROWS]
    )
    return f'<dl class="outline">{rows}</dl>{left_out(len(value))}'


def items(value: list[Any], depth: int) -> str:
    if all(is_short(item) for item in value):
        return escape(", ".join(scalar_text(item) for item in value))
    rows = "".join(f'<li dir="auto">{drawn(decoded(item), depth + 1)}</li>' for item in value[:MAX_ROWS])
    return f'<ul class="outline">{rows}</ul>{left_out(len(value))}'


def is_table(value: list[Any]) -> bool:
    """Records with the same few names and nothing nested."""
    first = value[0]
    return (
        len(value) > 1
        and isinstance(first, dict)
        and 1 < len(first) <= MAX_COLUMNS
        and all(isinstance(row, dict) and row.keys() == first.keys() for row in value)
        and not any(isinstance(cell, dict | list) for row in value for cell in row.values())
    )


def table(value: list[dict[str, Any]], depth: int) -> str:
    head = "".join(f'<th dir="auto">{escape(label(str(key)))}</th>' for key in value[0])
    rows = "".join(
        "<tr>" + "".join(f'<td dir="auto">{scalar(cell)}</td>' for cell in row.values()) + "</tr>"
        for row in value[:MAX_ROWS]
    )
    return (
        f'<div class="scroll" tabindex="0"><table class="outline"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{left_out(len(value))}"
    )


def is_short(value: Any) -> bool:
    return not isinstance(value, dict | list) and len(str(value)) <= MAX_SHORT_CHARS and "\n" not in str(value)


def scalar(value: Any) -> str:
    if isinstance(value, str) and (named := read_reference(value)):
        return file(named)
    text = scalar_text(value)
    return paragraph(text) if "\n" in text else escape(text)


def file(named: Attachment) -> str:
    """Draw a file that a value names: an image as itself, anything else as a link to it."""
    address, name = escape(named.address), escape(named.mime_type)
    return f'<img src="{address}" alt="{name}">' if named.kind == "image" else f'<a href="{address}">{name}</a>'


def scalar_text(value: Any) -> str:
    if is_empty(value):
        return "–"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return showable(str(value))


def paragraph(text: str) -> str:
    return f'<p class="plain" dir="auto">{escape(text)}</p>'


def left_out(total: int) -> str:
    more = total - MAX_ROWS
    return paragraph(gettext("… and %(number)s more") % {"number": more}) if more > 0 else ""
