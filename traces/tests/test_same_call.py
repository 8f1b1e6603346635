"""The same call in two traces is found both ways: traces/same_call.py"""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.urls import reverse

from traces.ingest.storing import store_spans
from traces.models import Experiment, Span, Trace
from traces.related import related_to
from traces.same_call import CALLS, id_in, same_calls
from traces.tests.corpus_files import scenarios, spans_of

TWICE = ("openllmetry-anthropic", "oi-anthropic-stream-thinking")
SAYS = "The same call in another trace"


@pytest.fixture
def claims(db) -> Experiment:
    return Experiment.objects.create(name="claims")


def stored(experiment: Experiment, spans) -> list[Trace]:
    ids = store_spans(experiment, spans).trace_ids
    return list(Trace.objects.filter(pk__in=ids).order_by("pk"))


def same_of(trace: Trace, user) -> list[str]:
    return [page.address for page in related_to(trace, user) if page.words == SAYS]


@pytest.mark.parametrize("name", TWICE)
def test_each_leads_to_the_other(claims, dana, client_of, name):
    one, other = stored(claims, spans_of(name))

    assert same_of(one, dana) == [reverse("traces:detail", args=[other.pk])]
    assert same_of(other, dana) == [reverse("traces:detail", args=[one.pk])]
    page = client_of(dana).get(reverse("traces:detail", args=[one.pk]))
    assert SAYS in page.content.decode()


@pytest.mark.parametrize("name", [name for name in scenarios("oi-", "openllmetry-", "mlflow-") if name not in TWICE])
def test_no_other_capture_holds_a_call_twice(claims, dana, name):
    assert not [found for trace in stored(claims, spans_of(name)) for found in same_of(trace, dana)]


def test_the_same_id_at_another_time_or_in_another_experiment_is_another_call(claims, dana):
    one, other = sorted({span.trace_id for span in spans_of(TWICE[0])})
    hour = 3600 * 10**9
    late = [
        replace(span, start_time_ns=span.start_time_ns + hour, end_time_ns=span.end_time_ns + hour)
        for span in spans_of(TWICE[0])
        if span.trace_id == other
    ]
    (first,) = stored(claims, [span for span in spans_of(TWICE[0]) if span.trace_id == one])
    stored(claims, late)
    assert same_of(first, dana) == []

    elsewhere = Experiment.objects.create(name="other")
    stored(elsewhere, [replace(span, trace_id="f" * 32) for span in spans_of(TWICE[0]) if span.trace_id == other])
    assert same_of(first, dana) == []


def test_what_was_deleted_is_not_led_to(claims, dana):
    one, other = stored(claims, spans_of(TWICE[0]))
    other.deleted_at = other.request_time
    other.save()

    assert same_of(one, dana) == []


def test_experts_are_not_led_to_traces_they_may_not_open(claims, alice):
    one, _other = stored(claims, spans_of(TWICE[0]))

    assert same_of(one, alice) == []


def test_openinferences_call_tells_the_id_in_what_came_back(claims):
    stored(claims, spans_of("oi-anthropic-stream-thinking"))
    calls = Span.objects.filter(span_type__in=CALLS)

    assert all(id_in(call).startswith("msg_") for call in calls)


def test_what_tells_no_id_asks_for_no_other_trace(claims, dana, django_assert_num_queries):
    (trace,) = stored(claims, spans_of("oi-langchain-tax-rag"))
    Span.objects.filter(trace=trace).update(attributes={})

    with django_assert_num_queries(1):
        assert list(same_calls(dana, trace)) == []
