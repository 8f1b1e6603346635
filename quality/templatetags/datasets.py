"""What the templates of datasets need to draw values."""

from __future__ import annotations

from django import template

from traces.models import Json
from traces.reading import wording

register = template.Library()


@register.filter
def in_a_line(value: Json) -> str:
    """A short value in words: True → "yes"."""
    return wording.said(value, limit=2_000)
