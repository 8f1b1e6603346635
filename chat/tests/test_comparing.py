from __future__ import annotations

from uuid import uuid4

import pytest

from chat import comparing, tracing
from chat.models import Round, Turn
from chat.settling import settle_recorded
from chat.turns import TurnRefused
from traces.announcing import Arrival
from traces.models import Assessment, Trace

Choice = Round.Choice


def verdicts_on(turn: Turn) -> list[Assessment]:
    return list(Assessment.objects.filter(trace=turn.trace, name="side_by_side", valid=True))


def test_a_comparison_is_in_nobodys_list(comparison, alice):
    assert [talk.is_listed for talk in (comparison.first, comparison.second)] == [False, False]


def test_one_message_goes_to_both(comparison):
    left, right = uuid4(), uuid4()

    made = comparing.ask(comparison, message="Am I covered?", left=left, right=right)

    assert {made.first_turn_id, made.second_turn_id} == {left, right}
    assert made.first_turn.message == made.second_turn.message == "Am I covered?"
    assert made.first_turn.conversation_id == comparison.first_id
    assert (made.first_turn_id == left) == made.first_is_left
    comparison.refresh_from_db()
    assert comparison.title == "Am I covered?"


def test_sides_are_drawn_anew_for_each_round(comparison):
    sides = set()
    for _ in range(64):  # all the same by chance: once in 2^63
        made = comparing.ask(comparison, message="?", left=uuid4(), right=uuid4())
        Turn.objects.update(state=Turn.State.COMPLETE)
        sides.add(made.first_is_left)

    assert sides == {True, False}


def test_sent_twice_asks_once(comparison):
    left, right = uuid4(), uuid4()

    rounds = [comparing.ask(comparison, message="?", left=left, right=right) for _ in range(2)]

    assert rounds[0] == rounds[1]
    assert Turn.objects.count() == 2


def test_while_one_still_answers_neither_is_asked(comparison):
    comparing.ask(comparison, message="?", left=uuid4(), right=uuid4())
    Turn.objects.filter(conversation=comparison.first).update(state=Turn.State.COMPLETE)

    with pytest.raises(TurnRefused):
        comparing.ask(comparison, message="And?", left=uuid4(), right=uuid4())

    assert Turn.objects.count() == 2


@pytest.mark.parametrize(
    ("verdict", "first_is_left", "choice", "values"),
    [
        ("left", True, Choice.FIRST, ("better", "worse")),
        ("left", False, Choice.SECOND, ("worse", "better")),
        ("right", True, Choice.SECOND, ("worse", "better")),
        ("right", False, Choice.FIRST, ("better", "worse")),
        ("tie", False, Choice.TIE, ("tie", "tie")),
        ("both_bad", True, Choice.BOTH_BAD, ("both bad", "both bad")),
    ],
)
def test_a_verdict_is_kept_on_both_traces(make_round, alice, verdict, first_is_left, choice, values):
    made = make_round(first_is_left=first_is_left)

    comparing.judge(made, verdict)

    assert made.choice == choice
    assert comparing.verdict_of(made) == verdict
    [first], [second] = verdicts_on(made.first_turn), verdicts_on(made.second_turn)
    assert (first.value, second.value) == values
    assert {first.source_id, second.source_id} == {alice.email}
    assert first.metadata == {
        "reviewapp.comparison": str(made.comparison_id),
        "reviewapp.round": str(made.pk),
        "reviewapp.side": "left" if first_is_left else "right",
        "reviewapp.other_trace": made.second_turn.trace_id,
        "reviewapp.other_endpoint": "Claims assistant v2.4",
        "reviewapp.reasons": "[]",
        "reviewapp.names_showed": "false",
    }
    assert second.metadata["reviewapp.other_trace"] == made.first_turn.trace_id


def test_reasons_and_comment_come_after_and_override(make_round):
    made = make_round()
    comparing.judge(made, "left")

    comparing.explain(made, ["clearer", "shorter"], "Says it in one line.")

    [said] = verdicts_on(made.first_turn)
    assert said.rationale == "Clearer, Shorter\nSays it in one line."
    assert said.overrides.value == "better"
    assert not said.overrides.valid


def test_what_is_still_being_typed_does_not_go_to_the_traces(make_round):
    made = make_round()
    comparing.judge(made, "left")

    comparing.explain(made, [], "Says it in", settles=False)

    assert verdicts_on(made.first_turn)[0].rationale == ""
    assert Round.objects.get().comment == "Says it in"


def test_a_changed_verdict_overrides_and_is_told_apart(make_round):
    made = make_round()
    comparing.judge(made, "left")
    comparing.explain(made, ["clearer"], "Good.")
    assert made.changed_at is None

    comparing.judge(made, "tie")

    assert made.changed_at is not None
    assert made.reasons == []  # they were reasons for the other
    [said] = verdicts_on(made.second_turn)
    assert (said.value, said.rationale) == ("tie", "Good.")
    assert Assessment.objects.filter(trace=made.second_turn.trace, name="side_by_side").count() == 3


def test_the_same_verdict_twice_says_nothing_new(make_round):
    made = make_round()

    for _ in range(2):
        comparing.judge(made, "right")

    assert made.changed_at is None
    assert Assessment.objects.filter(name="side_by_side").count() == 2


def test_a_verdict_before_the_end_is_written_once_the_turns_are_recorded(make_round):
    made = make_round(recorded=False)
    comparing.judge(made, "left")
    assert not Assessment.objects.exists()

    trace = tracing.record(made.first_turn)
    settle_recorded([Arrival(trace.pk)])

    [said] = Assessment.objects.all()
    assert (said.trace, said.value) == (trace, "better")
    assert said.metadata["reviewapp.other_trace"] == f"tr-{made.second_turn.pk.hex}"


@pytest.mark.django_db(transaction=True)
def test_recording_a_turn_is_heard(make_round):
    made = make_round(recorded=False)
    comparing.judge(made, "both_bad")

    tracing.record(made.second_turn)

    assert [said.value for said in Assessment.objects.all()] == ["both bad"]


def test_an_answer_that_names_its_maker_is_marked_when_judged(make_round):
    made = make_round(second="I am v2.4, at your service.")

    comparing.judge(made, "left")

    assert made.names_showed
    assert verdicts_on(made.first_turn)[0].metadata["reviewapp.names_showed"] == "true"


def test_text_that_comes_after_the_verdict_is_read_too(make_round):
    made = make_round(recorded=False)
    comparing.judge(made, "left")
    Turn.objects.filter(pk=made.second_turn_id).update(text="… says claims-2")

    comparing.settle(made)

    assert Round.objects.get().names_showed


def test_the_applications_own_trace_gets_the_verdict_too_once_it_comes(make_round, claims):
    made = make_round()
    comparing.judge(made, "left")
    own = Trace.objects.create(trace_id="tr-" + "7" * 32, experiment=claims, request_time=made.first_turn.started_at)
    Turn.objects.filter(pk=made.first_turn_id).update(own_trace_id=own.pk, link=Turn.Link.FOUND)

    settle_recorded([Arrival(own.pk)])
    settle_recorded([Arrival(own.pk)])

    [said] = own.assessments.all()
    assert said.value == "better"


def test_traces_of_nobody_cost_one_query(make_round, django_assert_num_queries):
    make_round()

    with django_assert_num_queries(1):
        settle_recorded([Arrival("tr-" + "8" * 32)])
