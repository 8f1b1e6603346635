"""The demo: enough to look around in, true in its counts, and silent about what is wrong in the answers."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from labeling.claiming import next_review
from labeling.demo.stories import HERE, all_assistants, read_yaml
from labeling.models import Item, LabelingSession, Review, Reviewer
from traces.feedback.models import PublishableKey
from traces.feedback.trend import trend_of
from traces.models import Assessment, Span, Trace
from traces.reading import conversation_of

ENTRIES = [entry for path in sorted((HERE / "traces").glob("*.yaml")) for entry in read_yaml(path)["traces"]]
ENTRIES += read_yaml("captured.yaml")


def load_demo() -> str:
    out = StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue()


def test_one_person_is_enough_to_leave_a_database_alone(
    db, alice
):  # first: the fixture below stays until the last test
    assert "in use" in load_demo()
    assert not Trace.objects.exists()


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """Load it once for all tests here; each works in a savepoint of its own."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load_demo()
        transaction.set_rollback(True)


def session_named(name: str) -> LabelingSession:
    return LabelingSession.objects.get(name=name)


def test_it_names_the_people(db, demo):
    assert "expert@demo.example" in demo
    assert list(User.objects.order_by("pk").values_list("role", flat=True)) == [
        "manager", "expert", "expert", "expert", "developer",
    ]  # fmt: skip


def test_a_second_time_it_leaves_everything_alone(db, demo):
    before = Trace.objects.count(), Assessment.objects.count()
    assert "in use" in load_demo()
    assert (Trace.objects.count(), Assessment.objects.count()) == before


def test_there_is_much_to_read_in_many_domains(db, demo):
    domains = Counter(Trace.objects.values_list("experiment__name", flat=True))
    assert domains.total() == len(ENTRIES) >= 64
    assert len(domains) >= 6
    assert min(domains.values()) >= 5


def test_every_trace_has_a_question_and_an_answer_or_an_error(db, demo):
    for trace in Trace.objects.all():
        conversation = conversation_of(trace)
        assert conversation.question, trace
        assert conversation.answer or conversation.exchange[-1].error, trace
        assert conversation.problems == [], trace


def test_each_capture_is_one_trace(db, demo):
    assert Trace.objects.exclude(spans=None).count() == len(ENTRIES)
    assert not Trace.objects.filter(state="IN_PROGRESS").exists()


def test_about_half_of_the_answers_are_right_and_judges_are_mostly_right():
    right = [entry["flaw"]["kind"] == "none" for entry in ENTRIES]
    assert 0.4 < sum(right) / len(right) < 0.6
    agrees = [r == entry["judge"]["value"] for r, entry in zip(right, ENTRIES, strict=True) if "judge" in entry]
    assert 0.7 < sum(agrees) / len(agrees) < 0.9


def test_what_is_wrong_with_an_answer_is_not_given_away(db, demo):
    stored = json.dumps([
        *Span.objects.values_list("attributes", "events", "resource"),
        *Trace.objects.values_list("metadata", "tags"),
        *Assessment.objects.values_list("metadata", "rationale", "value"),
    ])  # fmt: skip
    for entry in ENTRIES:
        if "what" in entry["flaw"]:
            assert json.dumps(entry["flaw"]["what"])[1:-1] not in stored, entry["key"]


def test_everything_happened_within_the_last_ten_days(db, demo):
    earliest = timezone.now() - timedelta(days=10)
    assert not Trace.objects.filter(request_time__lt=earliest).exists()
    assert not Trace.objects.filter(request_time__gt=timezone.now()).exists()


def test_nobody_judged_an_answer_before_it_was_given(db, demo):
    assert not Item.objects.filter(session__created_at__lt=F("trace__request_time")).exists()
    assert not Review.objects.filter(handed_out_at__lt=F("session__opened_at")).exists()
    assert not Review.objects.filter(finished_at__gt=F("session__closed_at")).exists()
    assert not Assessment.objects.filter(created_at__lt=F("trace__request_time")).exists()


def test_end_users_have_said_what_they_think(db, demo):
    votes = Counter(Assessment.objects.filter(name="user_feedback").values_list("value", flat=True))
    assert votes[True] > votes[False] > 8
    assert len(trend_of(None, "day").comments) >= 10
    assert {key.experiment.name for key in PublishableKey.objects.all()} == {"claims", "bank", "helpdesk", "tenancy"}
    assert all(key.n_taken == key.feedback.filter(state="joined").count() for key in PublishableKey.objects.all())


def test_sessions_are_in_every_state(db, demo):
    states = dict(LabelingSession.objects.values_list("name", "state"))
    assert states == {
        "Claims answers, March": "open",
        "Tone of the support bot": "open",
        "Dosage answers, pilot": "closed",
        "Tax answers, second round": "draft",
    }


def test_the_experts_are_as_far_as_their_reviews_say(db, demo):
    claims = session_named("Claims answers, March")
    far = dict(claims.reviewers.values_list("user__name", "n_complete"))
    assert far == {"Alice Weber": 6, "Bob Okafor": 9, "Inés Duarte": 1}
    assert claims.reviewers.get(user__name="Alice Weber").n_declined == 1
    for reviewer in Reviewer.objects.all():
        mine = Review.objects.filter(session=reviewer.session, user=reviewer.user)
        assert reviewer.n_complete == mine.filter(status="complete").count()
        assert reviewer.active_s == sum(mine.filter(status="complete").values_list("active_s", flat=True))


def test_the_counters_of_the_sessions_are_true(db, demo):
    for session in LabelingSession.objects.all():
        said = session.n_items, session.n_open, session.n_done
        session.recount()
        assert (session.n_items, session.n_open, session.n_done) == said, session


def test_two_experts_disagree_on_some_answers(db, demo):
    said: dict[str, set[bool]] = {}
    for trace, value in Assessment.objects.filter(name="correct", source_type="HUMAN").values_list("trace", "value"):
        said.setdefault(trace, set()).add(value)
    assert sum(len(values) > 1 for values in said.values()) == 3


def test_the_first_thing_an_expert_is_handed_has_two_editions_of_the_policy(db, demo):
    review = next_review(session_named("Claims answers, March"), User.objects.get(email="expert@demo.example"))
    assert "battery of my e-bike" in review.item.trace.request_preview


def test_quotes_stand_where_their_anchors_say(db, demo):
    quoted = [
        metadata for metadata in Assessment.objects.values_list("metadata", flat=True) if "2,400" in str(metadata)
    ]
    (evidence,) = json.loads(quoted[0]["reviewapp.evidence"])
    assert evidence["quote"] == "Pay the EUR 2,400 by Friday and ask for a receipt."
    assert evidence["end"] - evidence["start"] == len(evidence["quote"])


def test_a_failed_tool_is_an_error_of_its_step_alone(db, demo):
    failed = Span.objects.filter(span_type="TOOL", status="ERROR", name="create_standing_order")
    assert failed.count() == 2
    assert failed.first().trace.state == "OK"


def test_a_picture_is_part_of_the_answer(db, demo):
    trace = Trace.objects.get(request_preview__startswith="Chart of orders")
    assert "data:image/png;base64," in conversation_of(trace).answer


def test_every_assistant_says_who_it_works_for():
    assert all(assistant.description and assistant.system for assistant in all_assistants())
