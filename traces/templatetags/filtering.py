"""Ways into the list of traces: `{% traces_where filter=votes.up_filter experiment=experiment %}`."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template
from django.urls import reverse

from traces.models import Experiment

register = template.Library()


@register.simple_tag
def traces_where(filter: str, experiment: Experiment | None = None) -> str:
    """Return the address of the list, narrowed by a filter in MLflow's grammar."""
    named = {} if experiment is None else {"experiment": experiment.pk}
    return f"{reverse('traces:list')}?{urlencode({**named, 'filter': filter})}"
