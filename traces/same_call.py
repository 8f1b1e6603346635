"""The same call of a model in two traces: recorded by an instrumentation, and by the provider's own SDK beside it.

Anthropic's SDK sends spans of its own since version 2, without what was said; where no span is current they make a
trace of their own. The id of the response is the same in both, and both run at the same time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from traces.access import traces_for
from traces.dialects.decoding import as_dict
from traces.models import Span, Trace
from traces.related import Related, relates

CALLS = ("LLM", "CHAT_MODEL")
CALLS_LOOKED_AT = 20
TRACES_LOOKED_AT = 50  # the latest that had begun when the last call ended
OUTPUTS = ("output.value", "mlflow.spanOutputs")  # where it is the `id` of what came back


@relates
def same_calls(user: User, trace: Trace) -> Iterator[Related]:
    """Lead to the other trace, either way. Queries: 1, and 1 more where a call tells its response's id."""
    if not user.reads_traces:
        return
    calls = {response_id: call for call in calls_in([trace.pk])[:CALLS_LOOKED_AT] if (response_id := id_in(call))}
    for other_id in traces_with(calls, trace, user) if calls else []:
        yield Related(_("The same call in another trace"), reverse("traces:detail", args=[other_id]))


def traces_with(calls: dict[str, Span], trace: Trace, user: User) -> list[str]:
    """Return the ids of other traces of the experiment that hold one of the calls, and that the person may open."""
    begin, end = min(map(begin_of, calls.values())), max(map(end_of, calls.values()))
    begun = traces_for(user).filter(
        experiment=trace.experiment_id, request_time__lte=datetime.fromtimestamp(end / 1e9, UTC)
    )
    around = begun.exclude(pk=trace.pk).order_by("-request_time", "-trace_id").values("pk")[:TRACES_LOOKED_AT]
    candidates = calls_in(around).filter(start_time_ns__lte=end, end_time_ns__gte=begin)
    same = [each for each in candidates if (call := calls.get(id_in(each))) and run_together(call, each)]
    return list(dict.fromkeys(each.trace_id for each in same))


def calls_in(traces: Collection[str] | QuerySet[Trace, Any]) -> QuerySet[Span]:
    calls = Span.objects.filter(trace__in=traces, span_type__in=CALLS).order_by("start_time_ns", "pk")
    return calls.only("trace", "start_time_ns", "end_time_ns", "attributes")


def id_in(call: Span) -> str:
    """Return the provider's id of the response; nothing where it isn't told."""
    told = [call.attributes.get("gen_ai.response.id")]
    told += [as_dict(call.attributes.get(key)).get("id") for key in OUTPUTS]
    return next((each for each in told if isinstance(each, str) and each), "")


def begin_of(call: Span) -> int:
    return call.start_time_ns


def end_of(call: Span) -> int:
    return call.end_time_ns or call.start_time_ns


def run_together(one: Span, other: Span) -> bool:
    return begin_of(one) <= end_of(other) and begin_of(other) <= end_of(one)
