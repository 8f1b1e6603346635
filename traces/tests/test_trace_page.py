from __future__ import annotations

import json

import pytest

from traces.ingest.incoming import IncomingRecord
from traces.ingest.mlflow_json import read_trace
from traces.ingest.storing import store_records
from traces.models import Span
from traces.tests.corpus_files import spans_of

START_NS = 1_744_360_000_000_000_000
PAGES = [
    "/traces/{trace}/",
    "/traces/{trace}/?view=steps&span={span}",
    "/traces/{trace}/?view=raw",
    "/traces/{trace}/side/?span={span}",
    "/traces/{trace}/rows/",
    "/traces/{trace}/json/",
    "/traces/{trace}/spans/{span}/",
    "/traces/{trace}/spans/{span}/raw/",
]


@pytest.fixture
def span(claims) -> Span:
    return claims.spans.get(span_type="LLM")


@pytest.fixture
def urls(claims, span) -> list[str]:
    return [page.format(trace=claims.pk, span=span.span_id) for page in PAGES]


def text_of(response) -> str:
    return b"".join(response).decode()


def test_the_page_shows_conversation_facts_and_assessments(client_of, dana, claims, judge):
    judge(True, rationale="Seemed fine.", source_id="alice@example.org").override(
        value=False, rationale="The excess is wrong."
    )

    page = client_of(dana).get(f"/traces/{claims.pk}/").content.decode()

    assert "a pipe burst under our kitchen" in page
    assert "Norvane Home Plus - section 3.9 Unoccupied homes" in page
    assert "mock-large" in page
    assert "727 tokens" in page
    assert "/traces/sessions/sess-claims_water/?experiment=0" in page
    assert "The excess is wrong." in page
    assert "1 earlier" in page
    assert "Seemed fine." in page


def test_the_steps_are_a_tree_with_bars(client_of, dana, claims):
    page = client_of(dana).get(f"/traces/{claims.pk}/?view=steps").content.decode()

    assert page.count('role="row"') == 3
    assert page.count('<span class="wf__bar" role="gridcell"><svg aria-hidden="true"><rect x="') == 3
    assert 'aria-level="2"' in page
    assert "727 tok." in page
    assert 'aria-selected="true"' not in page
    assert "style=" not in page


def test_a_deep_link_chooses_its_span_and_shows_what_it_says(client_of, dana, claims, span):
    page = client_of(dana).get(f"/traces/{claims.pk}/?span={span.span_id}").content.decode()

    row = page[page.index(f'id="span-{span.span_id}"') :]
    assert 'aria-selected="true"' in row[: row.index(">")]
    assert 'class="span-message span-message--user"' in page
    assert "Assess this span" in page


def test_a_span_that_is_not_there_is_said_in_words(client_of, dana, claims):
    page = client_of(dana).get(f"/traces/{claims.pk}/?span=0123456789abcdef")

    assert page.status_code == 200
    assert "is not in this trace" in page.content.decode()


def test_assessments_on_spans_are_counted_on_their_rows(client_of, dana, claims, span, judge):
    judge(True, span_id=span.span_id)
    page = client_of(dana).get(f"/traces/{claims.pk}/?view=steps").content.decode()
    assert "<span data-judged-number>1</span>" in page
    assert f"?view=steps&amp;span={span.span_id}" in page


def test_a_tree_of_many_spans_is_shown_in_pieces(client_of, dana, claims):
    root = claims.spans.get(parent_id="")
    start = root.start_time_ns
    Span.objects.bulk_create(
        Span(trace=claims, span_id=f"{n:016x}", parent_id=root.span_id, name=f"step {n}", start_time_ns=start + n,
             end_time_ns=start + n + 5)
        for n in range(1, 5_001)
    )  # fmt: skip
    client = client_of(dana)

    page = client.get(f"/traces/{claims.pk}/?view=steps").content.decode()
    assert 50 < page.count('role="row"') < 250
    assert "5,003" in page

    more = client.get(f"/traces/{claims.pk}/rows/", {"under": root.span_id, "from": "4900"}).content.decode()
    assert "<html" not in more
    assert "step 4990" in more
    deep = client.get(f"/traces/{claims.pk}/?span={4321:016x}").content.decode()
    assert 'aria-selected="true"' in deep
    assert deep.count('role="row"') < 250


def test_any_place_in_the_tree_may_be_asked_for(client_of, dana, claims):
    client = client_of(dana)
    for query in ("from=-1", "from=x", "from=99999999999", "under=nothing", "from=1000000&under=", "span=%20"):
        assert client.get(f"/traces/{claims.pk}/?view=steps&{query}").status_code == 200
        assert client.get(f"/traces/{claims.pk}/?view=raw&{query}").status_code == 200


@pytest.mark.parametrize(("view", "most"), [("conversation", 11), ("steps", 12), ("raw", 13)])
def test_the_page_takes_few_queries(client_of, dana, claims, view, most, django_assert_max_num_queries):
    client = client_of(dana)

    with django_assert_max_num_queries(most):
        client.get(f"/traces/{claims.pk}/?view={view}")


def test_the_side_comes_alone_for_a_chosen_span(client_of, dana, claims, span):
    side = client_of(dana).get(f"/traces/{claims.pk}/side/?view=steps&span={span.span_id}").content.decode()

    assert "<html" not in side
    assert f'id="trace-side" data-span="{span.span_id}"' in side
    assert 'id="assessments"' in side


def test_raw_has_everything_and_comes_in_pieces(client_of, dana, claims, span, judge):
    judge(True, rationale="Look here.")
    Span.objects.bulk_create(
        Span(trace=claims, span_id=f"{n:016x}", name=f"step {n}", start_time_ns=span.start_time_ns + n)
        for n in range(1, 70)
    )
    client = client_of(dana)

    page = client.get(f"/traces/{claims.pk}/?view=raw").content.decode()
    assert "Look here." in page
    assert "trace_location" in page
    assert "from=50" in page
    rest = client.get(f"/traces/{claims.pk}/?view=raw&from=50").content.decode()
    assert "step 69" in rest
    assert "from=" not in rest.split("<main")[1].split("raw-json")[1]


def test_the_download_is_mlflows_json_and_can_be_read_again(client_of, dana, claims, judge):
    kept, gone = judge(True, rationale="Fine."), judge(False, name="gone")
    gone.deleted_at = gone.updated_at
    gone.save()

    response = client_of(dana).get(f"/traces/{claims.pk}/json/")
    whole = read_trace(json.loads(text_of(response)))

    assert response["Content-Disposition"] == f'attachment; filename="{claims.pk}.json"'
    assert whole.trace_id == claims.pk
    sent = {each.span_id: each.attributes for each in spans_of("oi-openai-claims-rag")}
    assert {each.span_id: each.attributes for each in whole.spans} == sent
    assert [(each.assessment_id, each.rationale) for each in whole.assessments] == [(kept.pk, "Fine.")]


def test_a_span_has_a_page_of_its_own(client_of, dana, urls):
    client = client_of(dana)

    fragment = client.get(urls[6], headers={"HX-Request": "true"}).content.decode()
    page = client.get(urls[6]).content.decode()

    assert "<html" not in fragment
    assert "<html" in page
    assert "Norvane" in page


def test_the_raw_span_has_every_attribute(client_of, dana, urls, span):
    page = client_of(dana).get(urls[7], headers={"HX-Request": "true"}).content.decode()

    for name in span.attributes:
        assert name in page


def test_a_span_that_nobody_knows_shows_its_attributes_and_log_records(client_of, dana, claims):
    id_ = claims.pk.removeprefix("tr-")
    store_records(claims.experiment, [IncomingRecord(id_, "5" * 16, "acme.decided", START_NS, {"why": "gold plan"})])
    client = client_of(dana)
    beside, page, raw, everything = (
        client.get(PAGES[n].format(trace=claims.pk, span="5" * 16)).content.decode() for n in (3, 6, 7, 2)
    )

    assert "Acme decided" in page
    assert "gold plan" in page
    assert "gold plan" in beside
    assert "log_records" in raw
    assert "gold plan" in raw
    assert "gold plan" in everything


def test_a_trace_without_spans_is_no_error(client_of, dana, claims):
    Span.objects.all().delete()
    client = client_of(dana)

    assert b"No spans have arrived yet" in client.get(f"/traces/{claims.pk}/?view=steps").content
    assert client.get(f"/traces/{claims.pk}/?view=raw").status_code == 200
    assert json.loads(text_of(client.get(f"/traces/{claims.pk}/json/")))["data"]["spans"] == []


def test_experts_have_no_such_pages(client_of, alice, urls):
    client = client_of(alice)

    assert {client.get(url).status_code for url in urls} == {404}


def test_unknown_traces_and_spans_are_404(client_of, dana, claims):
    client = client_of(dana)

    assert client.get("/traces/tr-0/").status_code == 404
    assert client.get("/traces/tr-0/json/").status_code == 404
    assert client.get(f"/traces/{claims.pk}/spans/0/").status_code == 404


def test_anonymous_people_sign_in_first(client, urls):
    assert {client.get(url).status_code for url in urls} == {302}


def test_the_pages_are_only_read(client_of, dana, urls):
    client = client_of(dana)

    assert {client.post(url).status_code for url in urls} == {405}
