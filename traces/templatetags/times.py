"""When something was, as people say it: `{{ review.finished_at|ago }}`."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext

register = template.Library()

NOW_S = 60


@register.filter
def ago(moment: datetime | None) -> str:
    """11 h 20 min earlier → "11 hours ago", 40 s → "just now", tomorrow → "in 1 day": one unit is enough to read.

    Never is "": what has no time takes no page down.
    """
    if moment is None:
        return ""
    now = timezone.now()
    if abs((now - moment).total_seconds()) < NOW_S:
        return gettext("just now")
    if moment > now:
        return gettext("in %(time)s") % {"time": timeuntil(moment, now, depth=1)}
    return gettext("%(time)s ago") % {"time": timesince(moment, now, depth=1)}
