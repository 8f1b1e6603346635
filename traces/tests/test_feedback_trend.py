"""How end users' feedback goes, and the traces behind each number."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from traces.feedback.trend import pattern_of, trend_of
from traces.models import Assessment, Experiment, Trace
from traces.search import matching

PAGE = "/feedback/"


@pytest.fixture
def voted(shop_trace):
    """Return a function: a trace `days` old that an end user voted about."""

    def make(n: int, value: bool, *, days: float = 0, by: str = "u", **fields) -> Trace:
        trace = shop_trace(n, days=days, **fields)
        judged(trace, "user_feedback", value, by=by)
        return trace

    return make


def judged(trace: Trace, name: str, value, *, by: str = "u", rationale: str = "") -> Assessment:
    return Assessment.objects.create(
        trace=trace, kind="feedback", name=name, value=value, source_type="HUMAN", source_id=by, rationale=rationale
    )


def behind(page: str, words: str) -> set[str]:
    """Return the traces that the link with these words leads to."""
    (address,) = [
        unescape(href) for href, inner in re.findall(r'<a[^>]*href="([^"]*)"[^>]*>(.*?)</a>', page) if words in inner
    ]
    query = parse_qs(urlsplit(address).query)
    return {trace.pk for trace in matching(Trace.objects.all(), query["filter"][0])}


def test_shares_are_counted_by_day_with_their_intervals(voted):
    for n in range(8):
        voted(n, True)
    voted(8, False)
    voted(9, False, days=1)
    voted(10, True, days=45)  # too old for 30 days

    trend = trend_of(None, "day")

    assert len(trend.periods) == 30
    today = trend.last
    assert (today.n_up, today.n_down, today.percent) == (8, 1, 89)
    assert today.interval == (57, 98)
    assert (trend.periods[-2].n_up, trend.periods[-2].n_down) == (0, 1)
    assert (trend.whole.n_up, trend.whole.n_down) == (8, 2)
    assert [votes.n for votes in trend.latest_first] == [9, 1]
    assert len(trend.marks) == 2


def test_weeks_reach_further(voted):
    voted(1, True, days=45)
    trend = trend_of(None, "week")
    assert len(trend.periods) == 26
    assert trend.whole.n == 1
    assert {votes.start.weekday() for votes in trend.periods} == {0}


def test_only_valid_votes_of_people_and_of_the_chosen_experiment_count(voted, shop):
    trace = voted(1, False)
    Assessment.objects.get().override(value=True)
    Assessment.objects.create(
        trace=trace, kind="feedback", name="user_feedback", value=False, source_type="LLM_JUDGE", source_id="judge"
    )
    voted(2, False, experiment=Experiment.objects.create(name="clinic"))
    trend = trend_of(shop, "day")
    assert (trend.whole.n_up, trend.whole.n_down) == (1, 0)


def test_every_number_opens_the_traces_behind_it(client_of, dana, voted):
    up, down, older = voted(1, True), voted(2, False), voted(3, False, days=3)
    judged(up, "user_score", 4)
    judged(older, "user_score", 2)
    judged(down, "user_categories", ["Überholt", "Wrong"])
    judged(up, "user_categories", ["Wrong"])

    page = client_of(dana).get(PAGE).content.decode()

    assert behind(page, "thumbs</span>") == {up.pk, down.pk, older.pk}
    assert behind(page, "thumbs down</span>") == {down.pk, older.pk}
    assert behind(page, "thumbs up;") == {up.pk}
    assert behind(page, "mean of 2 scores") == {up.pk, older.pk}
    assert "<b>3.00</b>" in page
    assert behind(page, "Überholt") == {down.pk}
    assert behind(page, "Wrong") == {up.pk, down.pk}


def test_a_filter_for_a_category_can_hold_anything():
    assert pattern_of('It\'s 100 % "wrong"') == '%"It%s 100 % %wrong%"%'


def test_comments_stand_there_with_their_traces(client_of, dana, voted, shop_trace):
    trace = voted(1, False)
    Assessment.objects.update(rationale="<b>Not</b> true")
    judged(shop_trace(2), "user_comment", "Just a word")
    judged(shop_trace(3), "correct", False, rationale="an expert's own reason")

    page = client_of(dana).get(PAGE).content.decode()

    assert "&lt;b&gt;Not&lt;/b&gt; true" in page
    assert "Just a word" in page
    assert "an expert&#x27;s own reason" not in page
    assert f"/traces/{trace.pk}/" in page


def test_an_empty_page_says_how_to_begin(client_of, dana, mallory, pk):
    assert "Put the widget under" in client_of(dana).get(PAGE).content.decode()
    pk.delete()
    assert "New key" in client_of(mallory).get(PAGE).content.decode()
    assert "A manager can make" in client_of(dana).get(PAGE).content.decode()


@pytest.mark.parametrize("query", ["?by=year", "?experiment=x", "?experiment=99999999999999999999", "?experiment=999"])
def test_a_wrong_choice_shows_everything(client_of, dana, voted, query):
    voted(1, True)
    assert "100 %" in client_of(dana).get(PAGE + query).content.decode()


def test_the_page_takes_the_same_queries_for_many(client_of, dana, voted, django_assert_max_num_queries):
    client = client_of(dana)
    for n in range(12):
        judged(voted(n, n % 3 > 0), "user_comment", f"Word {n}")
    with django_assert_max_num_queries(8):  # user, experiments, 4 of the trend, keys, waiting
        client.get(PAGE)


def test_who_may_see_it(client_of, client, alice, mallory):
    assert client_of(mallory).get(PAGE).status_code == 200
    assert client_of(alice).get(PAGE).status_code == 404
    assert client.get(PAGE).url.startswith("/accounts/sign-in/")
    assert client_of(mallory).post(PAGE).status_code == 405
