"""Sending what users disliked, and a share of the rest, to a session: once, and by a standing rule."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from labeling import standing_rules
from labeling.models import LabelingSession, StandingPick, StandingRule
from labeling.standing_rules import DISLIKED, CannotSend, Choice
from reviewapp.lib.periodic import JOBS
from traces.models import Assessment, Experiment, Trace
from traces.search import FilterError, matching

RULES = "/labeling/standing/"


@pytest.fixture
def talked(claims):
    """Return a function: conversation n, `days` old, voted "up", "down" or not at all."""

    def make(n: int, vote: str = "", *, days: float = 0, **fields) -> Trace:
        facts = {"experiment": claims, "state": "OK", "request_preview": f"Question {n}?"}
        at = timezone.now() - timedelta(days=days)
        trace = Trace.objects.create(**{"trace_id": f"tr-{n:032x}", "request_time": at} | facts | fields)
        if vote:
            Assessment.objects.create(
                trace=trace, kind="feedback", name="user_feedback", value=vote == "up", source_type="HUMAN",
                source_id="user-1",
            )  # fmt: skip
        return trace

    return make


@pytest.fixture
def week(talked) -> list[Trace]:
    """Three disliked this week, one before, and forty others."""
    disliked = [talked(n, "down", days=n) for n in (1, 2, 3)]
    talked(4, "down", days=8)
    for n in range(10, 50):
        talked(n, "up" if n % 2 else "", days=n / 10)
    return disliked


@pytest.fixture
def target(claims) -> LabelingSession:
    return LabelingSession.objects.create(experiment=claims, name="Disliked", state="open")


@pytest.fixture
def rule(target) -> StandingRule:
    return StandingRule.objects.create(session=target, filter=DISLIKED, seed=7, percent=0)


@pytest.fixture
def form(claims, target) -> dict:
    return {
        "experiment": claims.pk, "filter": DISLIKED, "days": 7, "percent": 10, "seed": 7, "session": target.pk,
        "every": "once",
    }  # fmt: skip


def ids(session: LabelingSession) -> set[str]:
    return set(session.items.values_list("trace_id", flat=True))


# Which traces.


def test_all_that_are_disliked_and_a_share_of_the_rest(week, claims):
    draw = Choice(claims, percent=10, seed=7).draw()
    assert set(draw.always) == {trace.pk for trace in week}
    assert draw.n_rest == 40
    assert 0 < len(draw.by_chance) < 20
    assert not set(draw.by_chance) & set(draw.always)


@pytest.mark.parametrize(("percent", "n"), [(0, 0), (100, 40)])
def test_the_ends_of_chance(week, claims, percent, n):
    assert len(Choice(claims, percent=percent).draw().by_chance) == n


def test_the_same_number_draws_the_same_ones_whenever_one_looks(week, claims, talked):
    before = Choice(claims, percent=20, seed=7).draw().by_chance
    for n in range(60, 100):
        talked(n)
    after = Choice(claims, percent=20, seed=7).draw().by_chance
    assert [trace_id for trace_id in after if trace_id in set(before)] == before
    assert Choice(claims, percent=20, seed=8).draw().by_chance != after


def test_side_traces_and_other_experiments_are_no_conversations(claims, talked):
    talked(1, request_preview="")
    talked(2, experiment=Experiment.objects.create(name="clinic"))
    draw = Choice(claims, percent=100).draw()
    assert draw.new == []


def test_a_vote_that_was_changed_does_not_count(claims, talked):
    talked(1, "down")
    Assessment.objects.get().override(value=True)
    assert Choice(claims, percent=0).draw().always == []


def test_no_filter_takes_none_but_those_drawn(week, claims):
    draw = Choice(claims, filter=" ", percent=100).draw()
    assert (draw.always, len(draw.by_chance)) == ([], 43)


# Once.


def test_one_action_sends_them_and_skips_those_that_are_there(week, target, client_of, mallory, form):
    target.add_traces(week[:1])
    answer = client_of(mallory).post(f"{RULES}new/", {**form, "percent": 0}, follow=True)
    assert "2 traces were sent to the session." in answer.content.decode()
    assert ids(target) == {trace.pk for trace in week}
    target.refresh_from_db()
    assert target.n_items == 3
    assert not StandingRule.objects.exists()


def test_it_can_make_a_new_draft(week, claims, client_of, mallory, form):
    answer = client_of(mallory).post(f"{RULES}new/", {**form, "session": ""})
    draft = LabelingSession.objects.get(state="draft")
    assert answer.url == f"/labeling/sessions/{draft.pk}/setup/"
    assert {trace.pk for trace in week} < ids(draft)
    assert (draft.experiment, draft.created_by) == (claims, mallory)


def test_the_page_says_before_how_many_it_would_be_and_which(week, target, client_of, mallory, form):
    target.add_traces(week[:1])
    client = client_of(mallory)
    fragment = client.get(f"{RULES}preview/", {**form, "percent": 0}).content.decode()
    assert "2 traces would be sent now." in fragment
    assert "3 meet the filter" in fragment
    assert "0 of 40 others are drawn by chance (draw number 7)." in fragment
    assert "1 of them is in the session already." in fragment
    (address,) = [unescape(href) for href in re.findall(r'href="([^"]*)"', fragment)]
    query = parse_qs(urlsplit(address).query)
    assert set(matching(Trace.objects.all(), query["filter"][0])) == set(week)
    page = client.get(f"{RULES}new/?experiment={target.experiment_id}").content.decode()
    assert "3 meet the filter" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"filter": "feedback.user_feedback >"}, "At character"),
        ({"days": 0}, "greater than or equal to 1"),
        ({"days": ""}, "This field is required"),
        ({"percent": 101}, "less than or equal to 100"),
        ({"percent": "nan"}, "Enter a number"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"every": "minute"}, "Select a valid choice"),
        ({"session": "00000000-0000-0000-0000-000000000000"}, "Select a valid choice"),
        ({"experiment": 0}, "This session is of another experiment."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_sent(week, target, client_of, mallory, form, wrong, words):
    client = client_of(mallory)
    answer = client.post(f"{RULES}new/", {**form, **wrong})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert words in client.get(f"{RULES}preview/", {**form, **wrong}).content.decode()
    assert not target.items.exists()


def test_a_closed_session_takes_nothing(week, target, claims):
    LabelingSession.objects.update(state="closed")
    with pytest.raises(CannotSend):
        standing_rules.send(Choice(claims), target)


# Again and again.


def test_one_action_can_be_a_standing_rule_that_runs_at_once(week, target, client_of, mallory, form):
    answer = client_of(mallory).post(f"{RULES}new/", {**form, "every": "day", "percent": 0}, follow=True)
    rule = StandingRule.objects.get()
    assert rule.created_by == mallory
    assert ids(target) == {trace.pk for trace in week}
    assert (rule.last_added, rule.n_added, rule.last_error) == (3, 3, "")
    assert rule.next_run_at > timezone.now() + timedelta(hours=23)
    assert "sent 3 traces" in answer.content.decode()


def test_the_worker_runs_what_is_due_and_takes_only_what_is_new(week, rule, target, talked):
    standing_rules.run_due()
    assert ids(target) == {trace.pk for trace in week}
    late = talked(5, "down")
    standing_rules.run_due()  # not due for a day
    assert late.pk not in ids(target)
    StandingRule.objects.update(next_run_at=timezone.now())
    standing_rules.run_due()
    assert late.pk in ids(target)
    rule.refresh_from_db()
    assert (rule.last_added, rule.n_added) == (1, 4)


def test_the_worker_knows_of_it():
    assert "labeling.standing_rules.run_due" in {job.name for job in JOBS}


def test_a_rule_never_takes_a_trace_twice_even_if_a_manager_has_put_it_out(week, rule, target):
    standing_rules.run(rule)
    target.remove_traces(week[:1])
    standing_rules.run(rule)
    assert week[0].pk not in ids(target)
    assert rule.last_added == 0
    assert StandingPick.objects.count() == 3


def test_of_two_workers_one_gets_the_turn(rule):
    other = StandingRule.objects.get()
    assert rule.take_turn()
    assert not other.take_turn()


def test_a_paused_rule_waits_and_goes_on_at_once_when_resumed(week, rule, target, client_of, mallory):
    client = client_of(mallory)
    client.post(f"{RULES}{rule.pk}/pause/")
    standing_rules.run_due()
    assert ids(target) == set()
    assert "paused" in client.get(RULES).content.decode()
    client.post(f"{RULES}{rule.pk}/resume/")
    standing_rules.run_due()
    assert len(ids(target)) == 3


def test_what_went_wrong_is_seen_and_is_over_when_it_works_again(week, rule, target, client_of, mallory):
    client = client_of(mallory)
    LabelingSession.objects.update(state="closed")
    client.post(f"{RULES}{rule.pk}/run/")
    assert "The session is closed." in client.get(f"{RULES}{rule.pk}/").content.decode()
    assert "in trouble" in client.get(RULES).content.decode()
    LabelingSession.objects.update(state="open")
    answer = client.post(f"{RULES}{rule.pk}/run/", follow=True).content.decode()
    assert "3 traces were sent" in answer
    assert "The session is closed." not in answer


def test_a_filter_of_another_release_is_an_error_on_the_page(rule):
    StandingRule.objects.update(filter="nothing.known = 1")
    rule.refresh_from_db()
    with pytest.raises(FilterError):
        standing_rules.apply(rule)
    assert not standing_rules.run(rule)
    rule.refresh_from_db()
    assert "not known" in rule.last_error


def test_a_rule_is_changed_and_deleted_and_what_it_sent_stays(week, rule, target, client_of, mallory):
    client = client_of(mallory)
    kept = {"filter": DISLIKED, "days": 30, "percent": 0, "seed": 9, "every": "hour"}
    assert "Saved." in client.post(f"{RULES}{rule.pk}/", kept, follow=True).content.decode()
    rule.refresh_from_db()
    assert (rule.days, rule.seed, rule.every) == (30, 9, "hour")
    assert client.post(f"{RULES}{rule.pk}/", {**kept, "filter": "("}).status_code == 422
    standing_rules.run(rule)
    client.post(f"{RULES}{rule.pk}/delete/")
    assert not StandingRule.objects.exists()
    assert len(ids(target)) == 4


# Who.


def test_forms_need_their_token(client_of, mallory, form, rule):
    client = client_of(mallory, enforce_csrf_checks=True)
    assert client.post(f"{RULES}new/", form).status_code == 403
    assert client.post(f"{RULES}{rule.pk}/run/").status_code == 403


@pytest.mark.parametrize("person", ["alice", "dana"])
def test_for_anybody_else_the_pages_do_not_exist(client_of, person, request, rule, form, week):
    client = client_of(request.getfixturevalue(person))
    for path in ("", "new/", "preview/", f"{rule.pk}/"):
        assert client.get(f"{RULES}{path}").status_code == 404
    assert client.post(f"{RULES}new/", form).status_code == 404
    for deed in ("", "pause/", "resume/", "run/", "delete/"):
        assert client.post(f"{RULES}{rule.pk}/{deed}").status_code == 404
    assert not rule.session.items.exists()


def test_nobody_is_sent_to_sign_in(client, rule):
    for path in ("", "new/", "preview/", f"{rule.pk}/"):
        assert client.get(f"{RULES}{path}").url.startswith("/accounts/sign-in/")


def test_deeds_by_get_are_refused(client_of, mallory, rule):
    for deed in ("pause", "resume", "run", "delete"):
        assert client_of(mallory).get(f"{RULES}{rule.pk}/{deed}/").status_code == 405


def test_the_list_has_as_many_queries_for_many(client_of, mallory, target, django_assert_num_queries):
    client = client_of(mallory)
    assert "Let experts look" in client.get(RULES).content.decode()
    for n in range(6):
        StandingRule.objects.create(session=target, seed=n)
    with django_assert_num_queries(2):  # user, rules
        client.get(RULES)
