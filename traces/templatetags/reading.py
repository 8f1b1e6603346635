"""What the templates of a conversation need to draw it."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from markupsafe import Markup

from traces.models import Assessment
from traces.reading import failures, rendering, values, wording
from traces.reading.conversation import Conversation
from traces.reading.drawing import draw, draw_conversation

register = template.Library()


@register.simple_tag
def conversation(conversation: Conversation) -> Markup:
    """Draw a conversation: `{% conversation conversation %}`."""
    return draw_conversation(conversation)


@register.simple_tag
def drawn(template: str, **variables: Any) -> Markup:
    """Draw a piece of one: `{% drawn "traces/_message.html" message=message trace_id=trace.pk %}`."""
    return draw(template, **variables)


@register.filter
def markdown(text: str) -> SafeString:
    return rendering.render_markdown(text)


@register.filter
def plain(text: str) -> SafeString:
    return rendering.render_plain(text)


@register.filter
def outline(value: Any) -> SafeString:
    """Draw a decoded JSON value for a person."""
    return values.outline(value)


@register.filter
def in_words(name: str) -> str:
    return wording.in_words(name)


@register.filter
def cut_at(text: str, limit: int) -> rendering.Cut:
    return rendering.cut(text, at=limit)


@register.filter
def seconds(value: float | None) -> str:
    """4.1 → "4.1 s", 0.0312 → "31 ms", 95 → "1 min 35 s"."""
    return wording.duration(value)


@register.filter
def error_in_words(error: str) -> failures.Failure:
    return failures.failure_in_words(error)


@register.filter
def verdict_value(assessment: Assessment) -> str:
    """The value of an assessment in words."""
    if assessment.error:
        return gettext("failed")
    return wording.said(assessment.value, limit=2_000)


@register.filter
def span_tag(span_type: str) -> str:
    """The colour of a span's type."""
    return {"RETRIEVER": "tag--pass", "RERANKER": "tag--pass", "TOOL": "tag--warn"}.get(span_type, "")


@register.filter
def unlocalised(number: float) -> str:
    """A number as SVG wants it, whatever the page's language."""
    return str(number)


@register.filter
def unmarked(text: str) -> str:
    """A preview without the marks of markdown."""
    return wording.unmarked(text)
