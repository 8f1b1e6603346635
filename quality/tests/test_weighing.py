"""Which value holds where several people say what is expected, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from quality.weighing import Rank, Voice, weigh

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def says():
    """Return a function: a voice, each a minute after the one before."""
    numbers = count()

    def make(by, value, rank=Rank.SESSION):
        n = next(numbers)
        at = START + timedelta(minutes=n)
        return Voice("answer", value, by, at, f"a-{n}", f"tr-{n}", rank, source=("HUMAN", by))

    return make


def test_one_person_says_it_alone(says):
    expected = weigh("answer", [says("alice", "Yes")])
    assert (expected.holds.value, expected.how, expected.is_disputed) == ("Yes", "only", False)


def test_people_agree_whatever_their_spaces_and_the_order_of_a_list(says):
    assert weigh("answer", [says("alice", "Yes, it is"), says("bob", "Yes,  it is\n")]).how == "agreed"
    assert weigh("answer", [says("alice", ["a", "b"]), says("bob", ["b", "a"])]).how == "agreed"
    assert weigh("answer", [says("alice", 1), says("bob", 1.0)]).how == "agreed"
    assert weigh("answer", [says("alice", True), says("bob", 1)]).is_disputed


def test_what_most_say_holds_though_another_was_said_later(says):
    expected = weigh("answer", [says("alice", "Yes"), says("bob", "Yes"), says("charlie", "No")])
    assert (expected.holds.value, expected.how) == ("Yes", "most")
    assert [option.value for option in expected.options] == ["Yes", "No"]


def test_of_as_many_the_latest_holds(says):
    expected = weigh("answer", [says("alice", "Yes"), says("bob", "No")])
    assert (expected.holds.value, expected.how) == ("No", "latest")


def test_who_changed_their_mind_is_heard_once(says):
    expected = weigh("answer", [says("alice", "Yes"), says("bob", "No"), says("alice", "No")])
    assert (expected.holds.value, expected.how, expected.is_disputed) == ("No", "agreed", False)


def test_an_expert_is_heard_before_many_others(says):
    voices = [says("alice", "Yes")] + [says(f"user {n}", "No", Rank.END_USER) for n in range(3)]
    expected = weigh("answer", [*voices, says("judge", "No", Rank.PROGRAM)])
    assert (expected.holds.value, expected.how) == ("Yes", "ranked")


def test_provenance_names_everybody_who_said_it(says):
    expected = weigh("answer", [says("alice", "Yes"), says("bob", "Yes"), says("charlie", "No")])
    said = expected.provenance(by="mallory", now=START)
    assert (said["how"], said["by"], said["n_others"]) == ("most", ["alice", "bob"], 1)
    assert (said["trace_ids"], said["assessment_ids"]) == (["tr-0", "tr-1"], ["a-0", "a-1"])
    assert said["at"] == (START + timedelta(minutes=1)).isoformat()


def test_a_manager_may_choose_another_value(says):
    expected = weigh("answer", [says("alice", "Yes"), says("bob", "No")])
    expected.chosen = expected.option("a-0")
    said = expected.provenance(by="mallory", now=START)
    assert (expected.holds.value, said["how"], said["chosen_by"], said["by"]) == ("Yes", "chosen", "mallory", ["alice"])


def test_a_new_answer_goes_before_what_a_dataset_has(says):
    expected = weigh("answer", [says("alice", "Yes")], now="No", origin={"how": "merged", "by": ["dana"]})
    assert (expected.holds.value, expected.replaces.value, expected.replaces.authors) == ("Yes", "No", ["dana"])


def test_what_a_manager_decided_holds_until_something_new_is_said(says):
    voice = says("alice", "Yes")
    origin = {"how": "edited", "by": ["mallory"], "decided_at": (START + timedelta(minutes=0)).isoformat()}
    expected = weigh("answer", [voice], now="No", origin=origin)
    assert (expected.holds.value, expected.how, expected.replaces) == ("No", "decided", None)
    assert expected.provenance(by="dana", now=START) == origin
    assert weigh("answer", [voice, says("bob", "Yes")], now="No", origin=origin).holds.value == "Yes"


def test_the_same_as_a_dataset_has_is_no_dispute(says):
    expected = weigh("answer", [says("alice", "Yes")], now="Yes ", origin={"by": ["dana"]})
    assert (expected.is_disputed, expected.replaces) == (False, None)
