"""The rest of a very long text, fetched when somebody asks for it."""

from __future__ import annotations

import re

import pytest

from traces import access
from traces.ingest.storing import store_spans
from traces.models import Experiment, Trace
from traces.tests.corpus_files import spans_of


@pytest.fixture
def trace(db) -> Trace:
    """A conversation with a passage of 200 KB."""
    store_spans(Experiment.objects.get(pk=0), spans_of("oi-openai-bigdoc"))
    return Trace.objects.get()


@pytest.fixture
def url(client_of, dana, trace) -> str:
    page = client_of(dana).get(f"/traces/{trace.pk}/").content.decode()
    address, start = re.search(r'href="(/traces/[^"]+/texts/[^"]+)" data-rest="(\d+)"', page).groups()
    return f"{address}?from={start}"


@pytest.fixture
def rule(monkeypatch):
    """Another room that lets experts read what they were handed."""
    handed: set[tuple[str, str]] = set()
    monkeypatch.setattr(access, "RULES", [lambda user, trace_id: (user.email, trace_id) in handed])
    return handed


def test_the_page_stays_light_and_the_rest_is_complete(client_of, dana, trace, url):
    client = client_of(dana)
    page = client.get(f"/traces/{trace.pk}/").content.decode()
    rest = client.get(url).content.decode()
    last_words = max((p.text for m in conversation(trace) for p in m.sources), key=len)[-60:].strip()

    assert len(page) < 100_000
    assert last_words.split("\n")[-1] in rest
    assert len(rest) > 150_000


def conversation(trace):
    from traces.reading import conversation_of

    return conversation_of(trace)


def test_experts_read_it_where_they_were_handed_the_trace(client_of, alice, bob, trace, url, rule):
    rule.add((alice.email, trace.pk))

    assert client_of(alice).get(url).status_code == 200
    assert client_of(bob).get(url).status_code == 404


def test_a_text_of_another_trace_is_not_found(client_of, dana, trace, url):
    assert client_of(dana).get(f"/traces/{trace.pk}/texts/0123456789abcdef/").status_code == 404


@pytest.mark.parametrize("start", ["", "x", "-1", "²", "9" * 30, "9" * 5000])
def test_an_odd_beginning_is_no_error(client_of, dana, url, start):
    assert client_of(dana).get(url.split("?")[0], {"from": start}).status_code == 200


def test_anonymous_people_sign_in_first(client, url):
    assert client.get(url).status_code == 302


def test_it_is_only_read(client_of, dana, url):
    assert client_of(dana).post(url).status_code == 405
