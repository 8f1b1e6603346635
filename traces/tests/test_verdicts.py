from __future__ import annotations

import pytest

from traces.assessing import delete, override, update
from traces.models import Assessment
from traces.verdicts import comparable, may_change, places_of

JUDGE = {"source_type": "LLM_JUDGE", "source_id": "gpt-judge"}
CODE = {"source_type": "CODE", "source_id": "length_check"}


@pytest.fixture
def on_trace(claims, dana):
    """Return a function: what dana sees of the trace itself."""
    return lambda: places_of(claims, dana)[""]


def test_sources_stand_beside_each_other_under_one_name(judge, on_trace):
    judge(True)
    judge("yes", **JUDGE)
    judge(True, name="short", **CODE)

    correct, short = on_trace().groups
    assert [(line.now.source_type, line.author) for line in correct.lines] == [
        ("HUMAN", "Dana Roth"), ("LLM_JUDGE", "gpt-judge"),
    ]  # fmt: skip
    assert (correct.agreement, short.agreement) == ("same", "")


def test_they_differ_and_a_failed_judge_says_nothing(judge, on_trace):
    judge(True)
    failed = judge(None, error={"error_code": "TIMEOUT"}, **JUDGE)
    assert on_trace().groups[0].agreement == ""
    Assessment.objects.filter(pk=failed.pk).update(error=None, value="no")
    assert on_trace().groups[0].agreement == "differs"


def test_feedback_and_expectation_of_one_name_are_two_groups(judge, on_trace):
    judge("a")
    judge("b", kind="expectation")
    assert [group.kind for group in on_trace().groups] == ["feedback", "expectation"]


def test_long_texts_are_never_called_different(judge, on_trace):
    judge("A long and careful answer that somebody wrote with much thought. " * 3)
    judge("Another one.", **JUDGE)
    assert on_trace().groups[0].agreement == ""


@pytest.mark.parametrize(
    ("one", "other"), [(True, "Yes"), (False, "false"), (1, 1.0), (["a", "b"], ["b", "a"]), ("Made up", "made  up")]
)
def test_the_same_said_in_another_way(one, other):
    assert comparable(one) == comparable(other)


def test_what_was_said_before_is_told_with_its_end(judge, on_trace, mallory):
    old = update(judge("first", rationale="At a glance."), value="second")
    override(override(old, value="third"), value="fourth", by=mallory)

    (line,) = on_trace().groups[0].lines
    assert (line.now.value, line.author) == ("fourth", "Mallory Grant")
    assert [(past.said.value, past.end) for past in line.past] == [
        ("third", "replaced by Mallory Grant"), ("second", "replaced"), ("first", "corrected"),
    ]  # fmt: skip
    assert line.past[-1].said.rationale == "At a glance."


def test_a_deleted_override_is_history_of_what_holds_again(judge, on_trace, mallory):
    old = judge(True)
    delete(override(old, value=False), by=mallory)

    (line,) = on_trace().groups[0].lines
    assert line.now == old
    assert [(past.said.value, past.end) for past in line.past] == [(False, "deleted by Mallory Grant")]


def test_what_is_gone_altogether_is_told_apart(judge, on_trace):
    delete(judge(True))
    judge(False, valid=False)
    place = on_trace()
    assert place.groups == []
    assert [line.past[0].end for line in place.gone] == ["deleted", "taken back"]
    assert place.n_valid == 0


def test_spans_are_places_of_their_own(claims, dana, judge):
    judge(True, span_id="a" * 16)
    places = places_of(claims, dana)
    assert set(places) == {"", "a" * 16}
    assert places["a" * 16].n_valid == 1


def test_a_circle_of_overrides_is_no_error(judge, on_trace):
    one, other = judge(1), judge(2)
    Assessment.objects.filter(pk=one.pk).update(overrides=other)
    Assessment.objects.filter(pk=other.pk).update(overrides=one)
    assert len(on_trace().groups[0].lines) == 2


def test_who_may_change_what(judge, dana, mallory, alice):
    own, others, judges = judge(True), judge(True, source_id="x@example.org"), judge(True, **JUDGE)
    in_session = judge(True, metadata={"reviewapp.review": "1"})
    everything = [own, others, judges, in_session]
    assert [may_change(each, dana) for each in everything] == [True, False, False, False]
    assert [may_change(each, mallory) for each in everything] == [True, True, True, False]
    alices = judge(True, source_id=alice.email)
    assert not may_change(alices, alice)
    assert not may_change(judge(True, source_type="CODE", source_id=dana.email), dana)


def test_places_take_two_queries(claims, dana, judge, django_assert_num_queries):
    for n in range(10):
        judge(True, source_id=f"{n}@example.org")
    with django_assert_num_queries(2):
        places_of(claims, dana)
