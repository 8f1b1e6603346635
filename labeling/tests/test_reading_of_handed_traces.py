"""Experts read the traces that they were handed, through the traces room's own look-up."""

from __future__ import annotations

import pytest
from django.http import Http404

from labeling.claiming import next_review
from labeling.models import Reviewer
from traces.access import get_readable_trace_for, get_trace_for


def test_an_expert_reads_what_was_handed_to_them(session, alice, bob, charlie):
    trace = next_review(session, alice).item.trace

    assert get_readable_trace_for(alice, trace.pk) == trace
    for somebody_else in (bob, charlie):
        with pytest.raises(Http404):
            get_readable_trace_for(somebody_else, trace.pk)


def test_who_left_the_session_reads_it_no_more(session, alice):
    trace = next_review(session, alice).item.trace
    Reviewer.objects.filter(session=session, user=alice).delete()

    with pytest.raises(Http404):
        get_readable_trace_for(alice, trace.pk)


def test_the_developers_pages_stay_closed(session, alice):
    trace = next_review(session, alice).item.trace

    with pytest.raises(Http404):
        get_trace_for(alice, trace.pk)


def test_developers_and_managers_read_everything(session, dana, mallory):
    trace = session.items.first().trace

    assert get_readable_trace_for(dana, trace.pk) == trace
    assert get_readable_trace_for(mallory, trace.pk) == trace
