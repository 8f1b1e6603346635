from __future__ import annotations

import pytest

from traces.ingest.incoming import IncomingRecord
from traces.ingest.storing import store_records, store_spans
from traces.models import Assessment, Experiment, Span, Trace
from traces.tests.corpus_files import spans_of

START_NS = 1_744_360_000_000_000_000
PAGES = ["/traces/{trace}/", "/traces/{trace}/spans/{span}/", "/traces/{trace}/spans/{span}/raw/"]


@pytest.fixture
def trace(db) -> Trace:
    """A stored conversation with sources: what an application really sent."""
    store_spans(Experiment.objects.get(pk=0), spans_of("oi-openai-claims-rag"))
    return Trace.objects.get()


@pytest.fixture
def urls(trace) -> list[str]:
    span = trace.spans.get(span_type="LLM")
    return [page.format(trace=trace.pk, span=span.span_id) for page in PAGES]


def test_the_page_shows_conversation_spans_and_assessments(client_of, dana, trace):
    first = Assessment.objects.create(
        trace=trace, kind="feedback", name="correct", value=True, rationale="Seemed fine.", source_type="HUMAN",
        source_id="alice@example.org",
    )  # fmt: skip
    first.override(value=False, rationale="The excess is wrong.")

    page = client_of(dana).get(f"/traces/{trace.pk}/").content.decode()

    assert "a pipe burst under our kitchen" in page
    assert "Norvane Home Plus - section 3.9 Unoccupied homes" in page
    assert page.count('class="span"') == 3
    assert "The excess is wrong." in page
    assert "1 earlier value" in page
    assert "Seemed fine." in page


def test_the_page_takes_few_queries(client_of, dana, trace, django_assert_max_num_queries):
    client = client_of(dana)

    with django_assert_max_num_queries(7):
        client.get(f"/traces/{trace.pk}/")


def test_a_span_opens_as_an_outline_and_as_a_page(client_of, dana, urls):
    client = client_of(dana)

    fragment = client.get(urls[1], headers={"HX-Request": "true"}).content.decode()
    page = client.get(urls[1]).content.decode()

    assert "<html" not in fragment
    assert "<html" in page
    assert '<dl class="outline">' in fragment
    assert "Messages" in page


def test_the_raw_view_has_every_attribute(client_of, dana, urls, trace):
    page = client_of(dana).get(urls[2], headers={"HX-Request": "true"}).content.decode()

    for name in trace.spans.get(span_type="LLM").attributes:
        assert name in page


def test_a_span_that_nobody_knows_shows_its_attributes_and_log_records(client_of, dana, trace):
    id_ = trace.pk.removeprefix("tr-")
    store_records(trace.experiment, [IncomingRecord(id_, "5" * 16, "acme.decided", START_NS, {"why": "gold plan"})])
    page, raw = (client_of(dana).get(page.format(trace=trace.pk, span="5" * 16)).content.decode() for page in PAGES[1:])

    assert "Acme decided" in page
    assert "gold plan" in page
    assert "log_records" in raw
    assert "gold plan" in raw


def test_a_trace_without_spans_is_no_error(client_of, dana, trace):
    Span.objects.all().delete()

    assert b"No spans have arrived yet" in client_of(dana).get(f"/traces/{trace.pk}/").content


def test_experts_have_no_such_pages(client_of, alice, urls):
    client = client_of(alice)

    assert [client.get(url).status_code for url in urls] == [404, 404, 404]


def test_unknown_traces_and_spans_are_404(client_of, dana, trace):
    client = client_of(dana)

    assert client.get("/traces/tr-0/").status_code == 404
    assert client.get(f"/traces/{trace.pk}/spans/0/").status_code == 404


def test_anonymous_people_sign_in_first(client, urls):
    assert [client.get(url).status_code for url in urls] == [302, 302, 302]


def test_the_pages_are_only_read(client_of, dana, urls):
    client = client_of(dana)

    assert [client.post(url).status_code for url in urls] == [405, 405, 405]
