"""From what was said about traces to records of a dataset."""

from __future__ import annotations

import pytest

from labeling.models import LabelingSession
from quality.gathering import gather, inputs_of, merge_labels, merge_session
from quality.models import Merged
from traces.models import Span

MALLORY = "mallory@example.org"


def ids(*traces):
    return [trace.pk for trace in traces]


def test_what_experts_expect_becomes_a_record_with_its_source(dataset, ask, expect):
    trace = ask({"question": "Is my basement covered?"}, "No.", session_id="s-1")
    first = expect(trace, "Yes, for sudden damage.", metadata={"reviewapp.session": "7"})
    expect(trace, ["HO-3 §2.1"], name="expected_facts")
    assert merge_labels(dataset, ids(trace), by=MALLORY) == Merged(1, 0)
    record = dataset.records.get()
    assert record.inputs == {"question": "Is my basement covered?"}
    assert record.expectations == {"expected_response": "Yes, for sudden damage.", "expected_facts": ["HO-3 §2.1"]}
    assert record.outputs == "No."
    assert record.source == {"source_type": "TRACE", "source_data": {"trace_id": trace.pk, "session_id": "s-1"}}
    assert record.provenance["expected_response"] == {
        "how": "only", "by": ["alice@example.org"], "at": first.created_at.isoformat(), "trace_ids": [trace.pk],
        "assessment_ids": [first.pk], "session_ids": ["7"], "n_others": 0,
    }  # fmt: skip


def test_traces_with_the_same_inputs_are_one_record(dataset, ask, expect):
    one, other = ask({"q": "a", "n": 1}), ask({"n": 1, "q": "a"})
    expect(one, "A", by="alice@example.org")
    expect(other, "A", by="bob@example.org")
    found = gather(ids(one, other), dataset=dataset)
    assert (len(found.candidates), found.n_merged, found.disputes) == (1, 1, [])
    merge_labels(dataset, ids(one, other), by=MALLORY)
    said = dataset.records.get().provenance["expected_response"]
    assert (said["how"], said["trace_ids"]) == ("agreed", ids(one, other))


def test_twice_is_once(dataset, ask, expect):
    trace = ask({"q": "a"})
    expect(trace, "A")
    assert merge_labels(dataset, ids(trace), by=MALLORY) == Merged(1, 0)
    before = dataset.records.values("expectations", "provenance").get()
    assert merge_labels(dataset, ids(trace), by=MALLORY) == Merged(0, 1)
    assert dataset.records.values("expectations", "provenance").get() == before


def test_experts_of_the_session_are_heard_before_those_of_another(ask, expect):
    trace = ask({"q": "a"})
    expect(trace, "Ours", metadata={"reviewapp.session": "7"})
    expect(trace, "Theirs", by="bob@example.org", metadata={"reviewapp.session": "8"})
    assert [expected.holds.value for _, expected in gather(ids(trace), session_id="7").disputes] == ["Ours"]
    assert [expected.holds.value for _, expected in gather(ids(trace), session_id="8").disputes] == ["Theirs"]
    assert [expected.how for _, expected in gather(ids(trace)).disputes] == ["latest"]


def test_end_users_are_heard_after_the_team_and_each_for_themselves(ask, expect):
    trace = ask({"q": "a"})
    expect(trace, "Team", by="dana@example.org")
    for _ in range(2):
        expect(trace, "User", by="anonymous", metadata={"reviewApp.publishableKey": "shop"})
    (_, expected), *_rest = gather(ids(trace)).disputes
    assert (expected.holds.value, expected.how) == ("Team", "ranked")
    assert len(expected.options[1].voices) == 2


def test_what_does_not_hold_or_is_not_about_the_question_stays_out(ask, expect):
    trace = ask({"q": "a"})
    root = trace.spans.get()
    expect(trace, "old", valid=False)
    expect(trace, "about a step", span_id="00000000000000ff", name="step")
    expect(trace, "about the conversation", metadata={"mlflow.trace.session": "s"}, name="whole")
    expect(trace, True, kind="feedback", name="correct")
    assert (gather(ids(trace)).candidates, gather(ids(trace)).n_silent) == ([], 1)
    expect(trace, "of the root", span_id=root.span_id)
    (candidate,) = gather(ids(trace)).candidates
    assert [(each.name, each.holds.value) for each in candidate.expected] == [("expected_response", "of the root")]


def test_silent_traces_come_only_when_wanted(dataset, ask):
    trace = ask({"q": "a"})
    assert (gather(ids(trace)).n_silent, gather(ids(trace)).candidates) == (1, [])
    assert merge_labels(dataset, ids(trace), by=MALLORY, with_silent=True) == Merged(1, 0)
    assert dataset.records.get().expectations == {}


def test_deleted_traces_and_those_without_inputs_give_nothing(ask, expect):
    gone, empty, bare = ask({"q": "a"}, deleted_at="2026-03-02T09:00Z"), ask(None), ask({"q": "b"})
    for trace in (gone, empty, bare):
        expect(trace, "A")
    Span.objects.filter(trace=bare).delete()
    found = gather(ids(gone, empty, bare))
    assert (found.candidates, found.n_traces, found.n_unread) == ([], 2, 2)


def test_a_trace_whose_first_span_never_came_is_read_from_its_earliest(ask, expect):
    trace = ask({"q": "a"})
    trace.spans.update(parent_id="00000000000000aa")
    expect(trace, "A")
    assert [each.inputs for each in gather(ids(trace)).candidates] == [{"q": "a"}]


@pytest.mark.parametrize(
    ("told", "inputs"),
    [
        ({"q": "a"}, {"q": "a"}),
        ([{"role": "user", "content": "Hi"}], {"messages": [{"role": "user", "content": "Hi"}]}),
        ("Hi", {"input": "Hi"}),
        ([1, 2], {"input": [1, 2]}),
        ({}, None),
        ("", None),
        (None, None),
    ],
)
def test_inputs_are_an_object_as_evaluation_needs_them(told, inputs):
    assert inputs_of(told) == inputs


def test_hundreds_of_traces_take_few_queries(ask, expect, django_assert_max_num_queries):
    traces = [ask({"q": n}) for n in range(450)]
    for trace in traces:
        expect(trace, "A")
    with django_assert_max_num_queries(9):
        assert len(gather(ids(*traces)).candidates) == 450


def test_a_session_gives_what_is_expected_of_its_traces(dataset, claims, ask, expect):
    traces = [ask({"q": n}) for n in range(3)]
    session = LabelingSession.objects.create(name="March", experiment=claims)
    session.add_traces(traces[:2])
    for trace in traces:
        expect(trace, "A", metadata={"reviewapp.session": str(session.pk)})
    assert merge_session(dataset, session, by=MALLORY) == Merged(2, 0)
    assert [record.provenance["expected_response"]["session_ids"] for record in dataset.records.all()] == [
        [str(session.pk)]
    ] * 2
