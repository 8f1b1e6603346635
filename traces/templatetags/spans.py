"""What the templates of a trace's steps need to draw them."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from traces.reading.wording import in_words

register = template.Library()

ICONS = {
    "LLM": "model", "CHAT_MODEL": "model", "AGENT": "agent", "TOOL": "tool", "RETRIEVER": "search",
    "RERANKER": "search", "EMBEDDING": "grid", "GUARDRAIL": "shield", "EVALUATOR": "shield", "CHAIN": "chain",
    "WORKFLOW": "chain", "TASK": "chain",
}  # fmt: skip
HUES = {"LLM": "model", "CHAT_MODEL": "model", "AGENT": "model", "RETRIEVER": "search", "RERANKER": "search",
        "EMBEDDING": "search", "TOOL": "tool"}  # fmt: skip


@register.filter
def span_icon(span_type: str) -> str:
    """The id of the symbol in traces/_span_icons.html."""
    return f"span-icon-{ICONS.get(span_type, 'other')}"


@register.filter
def span_hue(span_type: str) -> str:
    """The colour of a span's type and bar."""
    return HUES.get(span_type, "other")


@register.filter
def span_word(span_type: str) -> str:
    if span_type in {"LLM", "CHAT_MODEL"}:
        return _("model")
    if span_type in {"", "UNKNOWN"}:
        return _("span")
    return in_words(span_type.lower())
