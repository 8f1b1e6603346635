"""What the templates of datasets need to draw values."""

from __future__ import annotations

from django import template

from traces.models import Json

register = template.Library()


@register.filter
def is_text(value: Json) -> bool:
    return isinstance(value, str)


@register.filter
def is_texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
