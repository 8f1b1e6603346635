"""An item with its questions as HTML, from the templates in jinja/labeling/: see traces/reading/drawing.py.

Django's templates draw it by {% review_item %} and {% progress progress %}: labeling/templatetags/reviewing.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext, ngettext
from jinja2 import Environment
from markupsafe import Markup

from labeling.models import Review
from labeling.questionnaire import Questionnaire
from labeling.work import Progress
from traces.reading import drawing
from traces.reading.drawing import draw, draw_conversation

CACHE_S = 60 * 60


def draw_item(request: HttpRequest, context: Mapping[str, Any]) -> Markup:
    """Return the item that `context_of` gives; `message` and `message_level` too, if there is something to say."""
    return draw(
        "labeling/_review_item.html",
        **context,
        conversation_html=draw_conversation(context["conversation"]),
        questions_html=draw_questions(context["questionnaire"]),
        csrf_token=get_token(request),
    )


def draw_questions(questionnaire: Questionnaire) -> str:
    """Return the questions; kept in the cache while nothing is answered."""
    key = questionnaire.blank_key
    if not key:
        return render_to_string("labeling/_questions.html", {"questionnaire": questionnaire})
    key = f"questions:{blake2b(key.encode(), digest_size=16).hexdigest()}"
    html: str | None = cache.get(key)
    if html is None:
        html = render_to_string("labeling/_questions.html", {"questionnaire": questionnaire})
        cache.set(key, html, CACHE_S)
    return html


def draw_completed(request: HttpRequest, progress: Progress, context: Mapping[str, Any]) -> Markup:
    """Return the answer to what was finished or put aside; `context` is of the next item, or says why there is none."""
    if context.get("review"):
        after: str = draw_item(request, context)
    elif context.get("nothing"):
        after = render_to_string("labeling/_nothing.html", {**context, "progress": progress})
    else:
        after = ""
    return draw("labeling/_completed.html", progress=progress, next_html=after)


def environment(**options: Any) -> Environment:
    """Return Jinja's environment for TEMPLATES in the settings: that of conversations, with the words of items."""
    made = drawing.environment(**options)
    made.globals |= {"reasons": reasons}
    made.filters |= {"how_far": how_far, "put_aside": put_aside, "time_left": time_left}
    return made


def reasons() -> Markup:
    """Return what can be said of an item that is put aside: the same for all of them."""
    return reasons_in(get_language())


@lru_cache(maxsize=100)
def reasons_in(_language: str) -> Markup:
    return draw("labeling/_reasons.html", choices=Review.Reason.choices)


def how_far(progress: Progress) -> str:
    return gettext("%(position)s of %(total)s") % {"position": progress.position, "total": progress.total}


def time_left(minutes: int) -> str:
    return ngettext("about %(n)d min left", "about %(n)d min left", minutes) % {"n": minutes}


def put_aside(review: Review) -> str:
    return gettext("You put this one aside: %(reason)s.") % {"reason": review.get_decline_reason_display()}
