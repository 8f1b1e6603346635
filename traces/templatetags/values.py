"""What the templates of assessments need to draw values and errors."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.utils.text import Truncator

from traces.reading.failures import Failure, failure_in_words
from traces.reading.values import scalar_text
from traces.verdicts import comparable

register = template.Library()

SHORT = 60  # characters
LINE = 120


@register.filter
def is_short(value: Any) -> bool:
    """Whether a value fits into a tag."""
    match value:
        case str():
            return len(value) <= SHORT and "\n" not in value
        case list():
            return all(isinstance(each, str) for each in value) and sum(len(each) + 2 for each in value) <= SHORT
        case dict():
            return not value
        case _:
            return True


@register.filter
def tone(value: Any) -> str:
    """The class of a tag for a yes or a no, a judge's in words too."""
    if not isinstance(value, bool | str):
        return ""
    return {"yes": " tag--pass", "no": " tag--fail"}.get(comparable(value), "")


@register.filter
def assessment_error(error: Any) -> Failure:
    """Say why no value was given: {error_code, error_message, stack_trace}, of which any may be missing."""
    told = error if isinstance(error, dict) else {"error_message": str(error)}
    code, message = str(told.get("error_code") or ""), str(told.get("error_message") or "")
    words = failure_in_words(message or code)
    details = "\n".join(part for part in (code, message, str(told.get("stack_trace") or "")) if part)
    return Failure(words.sentence, "" if details == words.sentence else details)


@register.filter
def in_a_line(value: Any) -> str:
    """The beginning of any value, for a cell of a table."""
    text = scalar_text(value) if not isinstance(value, dict | list) else json.dumps(value, ensure_ascii=False)
    return Truncator(text).chars(LINE)
