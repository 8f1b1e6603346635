"""How far one is, as a ring."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()
LONG = 5  # characters that fit into the ring: 12/15; more are drawn smaller
LONGEST = 7  # and more than these are no help


@register.inclusion_tag("labeling/_ring.html")
def ring(done: int, declined: int, total: int) -> dict[str, Any]:
    """Draw `done` of `total`; what was declined is over too."""
    over = done + declined
    percent = 100 * over // total if total else 0
    words = str(done) if over == total else f"{done}/{total}"
    words = words if len(words) <= LONGEST else f"{percent} %"
    return {"percent": percent, "words": words, "is_long": len(words) > LONG}
