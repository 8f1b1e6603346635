from __future__ import annotations

from datetime import timedelta

import pytest

from traces.ingest.storing import store_spans
from traces.models import Assessment, Experiment, Trace
from traces.tests.corpus_files import spans_of

URL = "/traces/sessions/conv-claims_followup/"


@pytest.fixture
def session(db) -> list[Trace]:
    """Three traces of one conversation; the later ones send the earlier messages along."""
    store_spans(Experiment.objects.get(pk=0), spans_of("pydanticai-v5-session"))
    return list(Trace.objects.order_by("request_time"))


def exchanges_in(response) -> str:
    return response.content.decode().partition('<ol class="exchanges">')[2]


def test_it_is_called_by_its_first_words_on_every_page_of_it(client_of, dana, session):
    opening = "My bicycle was stolen from the shared cellar"
    for after in ("", session[0].pk):
        page = client_of(dana).get(URL, {"after": after}).content.decode()
        assert opening in page.partition("<h1")[2].partition("</h1>")[0]
        assert opening in page.partition("<title>")[2].partition("</title>")[0]
        assert "<code>conv-claims_followup</code>" in page


def test_the_traces_read_as_one_conversation(client_of, dana, session):
    page = exchanges_in(client_of(dana).get(URL))

    assert page.count('class="exchange"') == 3
    assert page.count("My bicycle was stolen from the shared cellar") == 1
    assert "The 2 messages before were sent along again." in page
    assert "The 4 messages before were sent along again." in page
    assert page.count("Instructions to the assistant") == 1
    positions = [page.index(f'id="{trace.pk}"') for trace in session]
    assert positions == sorted(positions)
    assert all(f'href="/traces/{trace.pk}/"' in page for trace in session)


def test_what_was_said_about_each_stands_there(client_of, dana, session):
    Assessment.objects.create(trace=session[1], kind="feedback", name="tone", value=True, source_type="HUMAN",
                              source_id="dana@example.org")  # fmt: skip
    assert "tone: yes" in client_of(dana).get(URL).content.decode()


def test_history_that_no_trace_here_tells_is_folded_not_lost(client_of, dana, session):
    first, second, _third = session
    first.delete()
    page = exchanges_in(client_of(dana).get(URL))
    assert "Show 2 earlier messages" in page
    assert page.count("My bicycle was stolen") == 1
    assert second.pk in page


@pytest.fixture
def long_session(db) -> list[Trace]:
    first = Trace(experiment_id=0, session_id="a/b c", request_time="2026-03-02T12:00:00Z")
    at = Trace._meta.get_field("request_time").to_python(first.request_time)
    return Trace.objects.bulk_create(
        Trace(trace_id=f"tr-{n:032x}", experiment_id=0, session_id="a/b c", request_time=at + timedelta(minutes=n // 2),
              state="OK")
        for n in range(1, 26)
    )  # fmt: skip


def test_a_long_session_comes_in_pages_without_a_gap(client_of, dana, long_session):
    client, seen, url = client_of(dana), [], "/traces/sessions/a%2Fb%20c/"
    after = ""
    for _page in range(3):
        response = client.get(url, {"after": after} if after else {})
        seen += [(each.number, each.trace.pk) for each in response.context["exchanges"]]
        after = response.context["next"]
    assert after == ""
    assert seen == [(n, trace.pk) for n, trace in enumerate(long_session, 1)]


def test_sessions_of_one_name_in_two_experiments_are_told_apart(client_of, dana, session):
    other = Experiment.objects.create(name="other")
    Trace.objects.create(trace_id="tr-9", experiment=other, session_id="conv-claims_followup",
                         request_time=session[0].request_time, request_preview="Elsewhere")  # fmt: skip
    client = client_of(dana)
    assert client.get(URL, {"experiment": "0"}).context["facts"]["number"] == 3
    page = client.get(URL)
    assert page.context["experiment"] == other
    assert "Its traces in Default" in page.content.decode()


def test_queries_are_bounded(client_of, dana, long_session, django_assert_max_num_queries):
    client = client_of(dana)
    with django_assert_max_num_queries(8 + 2 * 10):
        client.get("/traces/sessions/a%2Fb%20c/")


def test_strangers_nobody_and_what_is_not_there(client_of, client, dana, alice, session):
    assert client_of(alice).get(URL).status_code == 404
    assert client_of(dana).get("/traces/sessions/nothing/").status_code == 404
    assert client.get(URL).status_code == 302
    assert client_of(dana).post(URL).status_code == 405
