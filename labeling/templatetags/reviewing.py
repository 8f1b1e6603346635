"""The pieces of the review page that are drawn by Jinja: labeling/drawing.py."""

from __future__ import annotations

from django import template
from django.template import Context
from markupsafe import Markup

from labeling.drawing import draw_item
from labeling.work import Progress
from traces.reading.drawing import draw

register = template.Library()
ITEM = (
    "review", "session", "conversation", "questionnaire", "can_answer", "others", "message", "message_level",
)  # fmt: skip


@register.simple_tag(takes_context=True)
def review_item(context: Context) -> Markup:
    """Draw the item of a page whose context has what `context_of` gives."""
    return draw_item(context["request"], {name: context[name] for name in ITEM if name in context})


@register.simple_tag
def progress(progress: Progress) -> Markup:
    """Draw how far one is: `{% progress progress %}`."""
    return draw("labeling/_progress.html", progress=progress)
