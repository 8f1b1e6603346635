"""How far one is, as a ring."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()
LONGEST = 7  # characters that fit into the ring: 123/456


@register.inclusion_tag("labeling/_ring.html")
def ring(done: int, declined: int, total: int) -> dict[str, Any]:
    """Draw `done` of `total`; what was declined is over too."""
    over = done + declined
    percent = 100 * over // total if total else 0
    words = str(done) if over == total else f"{done}/{total}"
    return {"percent": percent, "words": words if len(words) <= LONGEST else f"{percent} %"}
